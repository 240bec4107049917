import cluster from 'node:cluster';
import { createHash, hash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as lmdb from 'lmdb';
import { createSignerCache } from '../src/wire/authentication/signing-key.ts';

/*
 * The yardstick of bench/throughput.ts: an object store that does what a durable one cannot leave out and nothing else.
 * Signatures and the SHA-256 of bodies are checked, the ETag is an MD5, and a 200 goes out when everything is on disk.
 * There are no buckets, rights, versions, checksums of stored bytes, conditions or limits. Never store anything in it.
 */

const {
  BASELINE_DATA: directory = '',
  BASELINE_WORKERS: workers = '1',
  BASELINE_SYNC: sync = 'durable',
  BASELINE_ACCESS_KEY: accessKeyId = '',
  BASELINE_SECRET_KEY: secretAccessKey = '',
} = process.env;
const isDurable = sync === 'durable';
const mostInline = 64 * 1024;
const bufferBytes = 512 * 1024;

type Stored = readonly [size: number, etag: string, modified: number, file: string];

function serve(): void {
  const environment = lmdb.open({
    path: join(directory, 'baseline.mdb'),
    overlappingSync: false,
    noSync: !isDurable,
    mapSize: 2 ** 38,
    pageSize: 8192,
    maxDbs: 2,
  });
  const records = environment.openDB<Stored, string>({ name: 'records' });
  const contents = environment.openDB<Buffer, string>({ name: 'contents', encoding: 'binary' });
  const signers = createSignerCache();
  const spare: Buffer[] = [];

  function isAuthentic(request: IncomingMessage, path: string, query: string): boolean {
    const { authorization = '', 'x-amz-date': time, 'x-amz-content-sha256': payload } = request.headers;
    const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/;
    const [, claimant, scope = '', names = '', signature] = form.exec(authorization) ?? [];
    if (claimant !== accessKeyId) return false;
    const headers = names.split(';').map((name) => `${name}:${request.headers[name]}\n`);
    const digest = hash('sha256', `${request.method}\n${path}\n${query}\n${headers.join('')}\n${names}\n${payload}`);
    const signer = signers.signerFor({ accessKeyId, scope }, secretAccessKey);
    return signer.sign(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`) === signature;
  }

  async function putInline(request: IncomingMessage, key: string): Promise<string | undefined> {
    const body = await bodyOf(request);
    if (hash('sha256', body) !== request.headers['x-amz-content-sha256']) return undefined;
    const etag = hash('md5', body);
    if (body.length > 0) void contents.put(key, body);
    await records.put(key, [body.length, etag, Date.now(), '']);
    return etag;
  }

  async function putFile(request: IncomingMessage, key: string): Promise<string | undefined> {
    const name = join('files', randomUUID());
    const file = await open(join(directory, name), 'wx');
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    let size = 0;
    let gathered: Buffer[] = [];
    let gatheredBytes = 0;
    let writing: Promise<unknown> = Promise.resolve();
    for await (const piece of request as AsyncIterable<Buffer>) {
      md5.update(piece);
      sha256.update(piece);
      size += piece.length;
      gathered.push(piece);
      gatheredBytes += piece.length;
      if (gatheredBytes < bufferBytes) continue;
      await writing;
      writing = file.writev(gathered);
      gathered = [];
      gatheredBytes = 0;
    }
    await writing;
    await file.writev(gathered);
    if (isDurable) await Promise.all([file.datasync(), syncDirectory()]);
    await file.close();
    if (sha256.digest('hex') !== request.headers['x-amz-content-sha256']) return undefined;
    const etag = md5.digest('hex');
    await records.put(key, [size, etag, Date.now(), name]);
    return etag;
  }

  async function sendFile(response: ServerResponse, file: FileHandle, size: number): Promise<void> {
    const buffers = [0, 1].map(() => spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes));
    let turn = 0;
    let reading = file.read(buffers[turn]!, 0, bufferBytes, 0);
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await reading;
      at += bytesRead;
      turn = 1 - turn;
      if (at < size) reading = file.read(buffers[turn]!, 0, bufferBytes, at);
      await new Promise((written) => response.write(buffer.subarray(0, bytesRead), written));
    }
    spare.push(...buffers);
    response.end();
    await file.close();
  }

  async function sendObject(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const stored = records.get(key);
    if (stored === undefined) return end(response, 404);
    const [size, etag, modified, name] = stored;
    const lastModified = new Date(modified).toUTCString();
    response.writeHead(200, { ETag: `"${etag}"`, 'Last-Modified': lastModified, 'Content-Length': size });
    if (request.method === 'HEAD' || size === 0) response.end();
    else if (name === '') response.end(contents.get(key));
    else await sendFile(response, await open(join(directory, name)), size);
  }

  function sendPage(response: ServerResponse, bucket: string, query: URLSearchParams): void {
    const delimiter = query.get('delimiter');
    const spanEnd = `${bucket}0`;
    let start = `${bucket}/${query.get('start-after') ?? ''}\0`;
    let xml = '';
    for (let count = 0; count < 1000; ) {
      const limit = delimiter === null ? 1000 : 1;
      let found = 0;
      for (const { key, value } of records.getRange({ start, end: spanEnd, limit })) {
        found++;
        count++;
        const name = key.slice(bucket.length + 1);
        const folderEnd = delimiter === null ? -1 : name.indexOf(delimiter);
        if (folderEnd >= 0) {
          const folder = name.slice(0, folderEnd + 1);
          xml += `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`;
          start = `${bucket}/${folder}\uffff`;
        } else {
          const [size, etag, modified] = value;
          const time = new Date(modified).toISOString();
          xml += `<Contents><Key>${name}</Key><LastModified>${time}</LastModified><ETag>"${etag}"</ETag><Size>${size}</Size></Contents>`;
          start = `${key}\0`;
        }
      }
      if (found < limit) break;
    }
    const page = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${xml}</ListBucketResult>`);
    response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': page.length }).end(page);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = request.url!.split('?');
    if (!isAuthentic(request, path, query)) return end(response, 403);
    const key = path.slice(1);
    if (!key.includes('/')) {
      if (request.method === 'GET') return sendPage(response, key, new URLSearchParams(query));
      return end(response, 200);
    }
    if (request.method === 'PUT') {
      const isSmall = Number(request.headers['content-length']) <= mostInline;
      const etag = await (isSmall ? putInline(request, key) : putFile(request, key));
      if (etag === undefined) return end(response, 400);
      response.writeHead(200, { ETag: `"${etag}"`, 'Content-Length': 0 }).end();
    } else if (request.method === 'DELETE') {
      void contents.remove(key);
      await records.remove(key);
      response.writeHead(204).end();
    } else {
      await sendObject(request, response, key);
    }
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit(0));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

/** By events: the asynchronous iterator of a stream costs several microseconds. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
    request.on('error', reject);
  });
}

async function syncDirectory(): Promise<void> {
  const files = await open(join(directory, 'files'));
  await files.sync();
  await files.close();
}

function supervise(): void {
  mkdirSync(join(directory, 'files'), { recursive: true });
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  let waiting = Number(workers);
  for (let i = 0; i < Number(workers); i++) {
    cluster.fork().on('message', (port: number) => {
      // Standard error, and in the words in which Cairn tells its address.
      if (--waiting === 0) console.error(JSON.stringify({ url: `http://127.0.0.1:${port}` }));
    });
  }
  process.once('SIGTERM', () => process.exit(0));
}

if (cluster.isPrimary) supervise();
else serve();
