import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import type { Operation } from '../../src/s3/operation.ts';
import { readErrorAnswer } from '../hostile/error-answer.ts';
import { RawConnection, type RawReply } from '../hostile/raw-connection.ts';
import { signedBytes } from '../hostile/signed-bytes.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { conditionKeys } from './odd-document.ts';
import { type Fixtures, type OddRequest, oddRequestOf } from './odd-request.ts';

export interface FuzzRun {
  readonly operations: readonly Operation[];
  /** Requests in all. */
  readonly cases: number;
  readonly seed: number;
  /** Told of each operation as it is done; `failure` says what went wrong, and the request. */
  readonly onDone: (operation: Operation, failure: string | undefined) => void;
}

/** What a run met, so that one that is busy but not thorough shows. */
export interface FuzzReport {
  readonly cases: number;
  /** How often each status and code was answered, by operation. */
  readonly met: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Sends odd requests to each operation and holds the answers to what every answer must be. */
export async function fuzzOperations({ operations, cases, seed, onDone }: FuzzRun): Promise<FuzzReport> {
  const met = new Map<string, Map<string, number>>();
  const numRuns = Math.ceil(cases / operations.length);
  let total = 0;
  for (const operation of operations) {
    await using subject = await FuzzSubject.start();
    const marks = new Map<string, number>();
    met.set(operation.name, marks);
    const property = fc.asyncProperty(oddRequestOf(operation, subject.fixtures), async (request) => {
      total++;
      const mark = await subject.ask(request);
      marks.set(mark, (marks.get(mark) ?? 0) + 1);
      if (total % 50 === 0) await subject.assertServes();
    });
    const result = await fc.check(property, { seed: seedOf(operation, seed), numRuns, endOnFailure: false });
    onDone(
      operation,
      result.failed ? describe(result.counterexample?.[0], result.errorInstance) : await subject.last(),
    );
  }
  return { cases: total, met };
}

/** Of its own for each operation, whichever others there are: else all of them would be asked in the same words. */
function seedOf({ name }: Operation, seed: number): number {
  let mixed = seed;
  for (let at = 0; at < name.length; at++) mixed = (Math.imul(mixed, 31) + name.charCodeAt(at)) | 0;
  return mixed;
}

function describe(request: OddRequest | undefined, error: unknown): string {
  const bytes = request?.bytes.subarray(0, 6000).toString('latin1') ?? '';
  return `${error instanceof Error ? error.message : error}\nafter ${JSON.stringify(bytes)}`;
}

/** One server with something in it, and the connection to it, which requests share as long as it is good. */
class FuzzSubject {
  readonly #server: TestServer;
  readonly fixtures: Fixtures;
  #connection: RawConnection | undefined;

  private constructor(server: TestServer, fixtures: Fixtures) {
    this.#server = server;
    this.fixtures = fixtures;
  }

  static async start(): Promise<FuzzSubject> {
    const server = await startS3Server({ sigV2: true });
    return new FuzzSubject(server, await makeFixtures(server));
  }

  /** Resolves to status and code. Rejects when the answer is not as answers must be. */
  async ask({ method, bytes, isLast }: OddRequest): Promise<string> {
    const reply = await this.#trade(bytes, method);
    if (isLast) this.#hangUp();
    const { status, headers, body } = reply;
    const logged = this.#server.errors.splice(0).map(String);
    assert.ok(status < 500 || status === 501, `${status} ${body} ${logged}`);
    assert.deepEqual(logged, [], 'nothing is logged as an error');
    assert.match(headers['x-amz-request-id'] ?? '', /^[0-9A-F]{16}$/);
    assert.ok(headers['x-amz-id-2']);
    if (method === 'HEAD' || status === 304) assert.equal(body.length, 0);
    else if (status >= 400) return `${status} ${readErrorAnswer(reply).Code}`;
    else if (headers['content-type'] === 'application/xml' && !isStoredContent(reply))
      assertWellFormed(body.toString());
    return String(status);
  }

  async assertServes(): Promise<void> {
    const reply = await this.#trade(signedBytes(this.#server, { method: 'GET', path: '/' }), 'GET');
    assert.equal(reply.status, 200, reply.body.toString());
    assert.match(reply.body.toString(), /<Name>fuzz<\/Name>/);
  }

  /** What is wrong with the server after all; undefined where nothing is. */
  async last(): Promise<string | undefined> {
    try {
      await this.assertServes();
    } catch (error) {
      return `the server does not serve any more: ${error}`;
    }
  }

  async #trade(bytes: Buffer, method: string): Promise<RawReply> {
    this.#connection ??= new RawConnection(this.#server.port);
    try {
      this.#connection.send(bytes);
      let reply = await this.#connection.reply(method);
      while (reply.status === 100) reply = await this.#connection.reply(method);
      if (reply.headers.connection === 'close') {
        await this.#connection.closed;
        this.#connection = undefined;
      }
      return reply;
    } catch (error) {
      // What comes now must not fail for what is left of this one.
      this.#hangUp();
      throw error;
    }
  }

  #hangUp(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hangUp();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A GET of an object whose owner said that it is XML, and which need not be. */
function isStoredContent({ headers }: RawReply): boolean {
  return headers['accept-ranges'] !== undefined;
}

/** Listings name control characters by references that XML 1.0 has not, as S3 does: those are let pass. */
function assertWellFormed(text: string): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new Error(`not well-formed: ${error.message}\n${text.slice(0, 2000)}`);
  });
  parser.write(text.replace(/&#x(?:[0-9A-F]|1[0-9A-F]|FFF[EF]);/g, '')).close();
}

async function makeFixtures(server: TestServer): Promise<Fixtures> {
  const s3 = server.client();
  const buckets = ['fuzz', 'versioned'];
  const uploadIds: string[] = [];
  const versionIds: string[] = [];
  for (const Bucket of buckets) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'anchor, which no request hits', Body: 'x' }));
  }
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
  const everybody = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::fuzz', 'arn:aws:s3:::fuzz/*'],
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: everybody });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'fuzz', Policy }));
  // One that lets everything pass, and asks every request all that policies can ask.
  const Statement = conditionKeys.map((key) => ({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::versioned', 'arn:aws:s3:::versioned/*'],
    Condition: { StringLike: { [key]: '*no*request*says*this*' } },
  }));
  const asking = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'versioned', Policy: asking }));
  const rule = {
    AllowedMethods: ['GET', 'PUT', 'POST'],
    AllowedOrigins: ['http*', '/*'],
    ExposeHeaders: ['ETag'],
  };
  await s3.send(new PutBucketCorsCommand({ Bucket: 'versioned', CORSConfiguration: { CORSRules: [rule] } }));
  for (const Bucket of buckets) {
    for (const [Key, size] of [
      ['small', 10],
      ['large', 100_000],
    ] as const) {
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(size) }));
      if (VersionId) versionIds.push(VersionId);
    }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'small' }));
    uploadIds.push(UploadId!);
    for (const PartNumber of [1, 2]) {
      await s3.send(new UploadPartCommand({ Bucket, Key: 'small', UploadId, PartNumber, Body: Buffer.alloc(10) }));
    }
  }
  const { accountId } = await server.identity.resolveAccount('root');
  const { host, root: credentials } = server;
  return { host, credentials, accountId, buckets, keys: ['small', 'small', 'large', 'a/b', ''], uploadIds, versionIds };
}
