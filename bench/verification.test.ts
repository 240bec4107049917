import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { applyLoad } from './apply-load.ts';
import { Contents } from './contents.ts';
import { pageOperations } from './listing-plan.ts';
import { planScenario } from './scenario-plan.ts';
import { type DataSet, mebibyte, type Scenario } from './scenarios.ts';
import { StoredSets } from './stored-sets.ts';
import type { Target } from './target.ts';

/** How a store answers wrongly. */
interface Lie {
  body?(body: Buffer): Buffer;
  etag?(etag: string): string;
  readonly forgetsToDelete?: boolean;
  readonly failsAfter?: number;
}

const objectBytes = 3000;
const partBytes = 5 * mebibyte;
const objectSet: DataSet = {
  name: 'few',
  bucket: 'objects',
  count: 20,
  objectBytes,
  keyOf: (index) => `few/object-${index}`,
};

/** A store in memory that speaks as much of S3 as the load generator does: in chunks, and closing now and then. */
class SmallStore {
  readonly objects = new Map<string, Buffer>();
  readonly lie: Lie;
  #parts = new Map<string, Buffer[]>();
  #requests = 0;

  constructor(lie: Lie) {
    this.lie = lie;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    this.#requests++;
    if (this.#requests % 7 === 0) response.setHeader('Connection', 'close');
    if (this.#requests > (this.lie.failsAfter ?? Number.POSITIVE_INFINITY)) {
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      return;
    }
    const url = new URL(request.url!, 'http://store');
    if (request.method === 'POST' || url.searchParams.has('uploadId')) {
      this.#multipart({ request, response, url, body: Buffer.concat(pieces) });
    } else if (request.method === 'PUT') {
      this.objects.set(url.pathname, Buffer.concat(pieces));
      response.writeHead(200, { ETag: etagOf(Buffer.concat(pieces)) }).end();
    } else if (request.method === 'DELETE') {
      if (!this.lie.forgetsToDelete) this.objects.delete(url.pathname);
      response.writeHead(204).end();
    } else this.#read(request, response, url);
  }

  #read(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const body = this.objects.get(url.pathname);
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const told = this.lie.body?.(body) ?? body;
    const etag = etagOf(body);
    response.setHeader('ETag', this.lie.etag?.(etag) ?? etag);
    if (request.method === 'HEAD') response.setHeader('Content-Length', told.length);
    // Without a length, node:http sends chunks.
    response.write(told.subarray(0, 1000));
    response.end(told.subarray(1000));
  }

  #multipart({ request, response, url, body }: MultipartRequest): void {
    const { pathname, searchParams } = url;
    if (searchParams.has('uploads')) {
      this.#parts.set(pathname, []);
      response.end('<UploadId>an/id</UploadId>');
    } else if (request.method === 'PUT') {
      this.#parts.get(pathname)![Number(searchParams.get('partNumber')) - 1] = body;
      response.writeHead(200, { ETag: etagOf(body) }).end();
    } else {
      const whole = Buffer.concat(this.#parts.get(pathname)!);
      this.objects.set(pathname, whole);
      response.end(`<ETag>&quot;${etagOf(whole).slice(1, -1)}&quot;</ETag>`);
    }
  }
}

interface MultipartRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Buffer;
}

const etagOf = (body: Buffer) => `"${hash('md5', body)}"`;

async function storeThat(t: TestContext, lie: Lie): Promise<StoredSets> {
  const store = new SmallStore(lie);
  return setsAt(t, (request, response) => void store.answer(request, response));
}

async function setsAt(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const target: Target = {
    name: 'server',
    address: { host: '127.0.0.1', port },
    host: `127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret' },
    bucketPrefix: 'bench-',
    pid: undefined,
    isForeign: true,
    makeBucket: async () => {},
    stop: async () => {},
  };
  return new StoredSets(target, new Contents(2 * partBytes));
}

const frame = { name: 'test', title: 'test', connections: 3, mostPerSecond: 40 };
const scenarios = {
  put: { ...frame, kind: 'write', objectBytes },
  get: { ...frame, kind: 'read', method: 'GET', from: objectSet },
  head: { ...frame, kind: 'read', method: 'HEAD', from: objectSet },
  delete: { ...frame, kind: 'delete' },
  mixed: { ...frame, kind: 'mixed', from: objectSet },
  multipart: { ...frame, kind: 'multipart', objectBytes: 2 * partBytes - 1, partBytes, mostPerSecond: 3 },
} satisfies Record<string, Scenario>;

/** Performs every operation of the scenario once, and looks what they did. */
async function perform(sets: StoredSets, scenario: Scenario): Promise<number> {
  const plan = await planScenario(sets, scenario, { seconds: 1, bytes: 100 * mebibyte });
  const { operations, verify } = plan;
  const load = { operations, connections: scenario.connections, from: 0, until: operations.count, seconds: 60 };
  const result = await applyLoad(sets.target, load);
  await verify?.(result.next);
  return result.operations;
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test(`${name}: all operations of an honest store are right`, async (t) => {
    const wanted = { put: 40, get: 20, head: 20, delete: 40, mixed: 40, multipart: 6 }[name];
    assert.equal(await perform(await storeThat(t, {}), scenario), wanted);
  });
}

const wrongByte: Lie = {
  body(body) {
    const wrong = Buffer.from(body);
    wrong[body.length - 1]! ^= 1;
    return wrong;
  },
};
const shorter: Lie = { body: (body) => body.subarray(1) };
const longer: Lie = { body: (body) => Buffer.concat([body, Buffer.alloc(1)]) };
const otherEtag: Lie = { etag: () => '"0"' };
const noEtag: Lie = { etag: () => '' };

const lies: readonly [what: string, scenario: Scenario, lie: Lie, complaint: RegExp][] = [
  ['a wrong byte in a GET', scenarios.get, wrongByte, /wrong byte between/],
  ['a missing byte in a GET', scenarios.get, shorter, /wrong byte between/],
  ['a byte too many in a GET', scenarios.get, longer, /wrong byte between/],
  ['another ETag in a GET', scenarios.get, otherEtag, /the ETag "0" instead of/],
  ['no ETag in a GET', scenarios.get, noEtag, /the ETag is missing/],
  ['another ETag in a HEAD', scenarios.head, otherEtag, /the ETag "0" instead of/],
  ['another length in a HEAD', scenarios.head, longer, /3001 bytes instead of 3000/],
  ['a wrong byte among mixed operations', scenarios.mixed, wrongByte, /wrong byte between/],
  ['a wrong byte in what was put', scenarios.put, wrongByte, /wrong byte between/],
  ['a wrong byte in what was put together', scenarios.multipart, wrongByte, /wrong byte between/],
  ['an object that was deleted', scenarios.delete, { forgetsToDelete: true }, /200 instead of 404/],
  ['an error in the midst', scenarios.put, { failsAfter: 10 }, /503 instead of 200[\s\S]+SlowDown/],
];
for (const [what, scenario, lie, complaint] of lies) {
  test(`found: ${what}`, async (t) => {
    await assert.rejects(perform(await storeThat(t, lie), scenario), complaint);
  });
}

const entries = ['a', 'b', 'c'];
const pages: readonly [what: string, keys: readonly string[], complaint: RegExp | undefined][] = [
  ['the right page', entries, undefined],
  ['a page without a key', ['a', 'c'], /without <Key>b<\/Key>/],
  ['a page in another order', ['a', 'c', 'b'], /without <Key>b<\/Key>/],
  ['a page with a key too many', ['a', 'b', 'c', 'd'], /more than 3 entries/],
  ['an empty page', [], /without <Key>a<\/Key>/],
];
for (const [what, keys, complaint] of pages) {
  test(`listing: ${what} is ${complaint ? 'refused' : 'accepted'}`, async (t) => {
    const document = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    const sets = await setsAt(t, (_request, response) => response.end(`<List>${document}</List>`));
    const operations = pageOperations(sets.target, [{ bucket: 'b', entries }]);
    const load = applyLoad(sets.target, { operations, connections: 1, from: 0, until: 2, seconds: 60 });
    if (complaint) await assert.rejects(load, complaint);
    else assert.equal((await load).operations, 2);
  });
}
