import type { Random } from '../../foundation/random.ts';
import {
  bodyOf,
  type Change,
  type ClientLedger,
  type KeyLedger,
  type UploadedPart,
  UploadLedger,
  type Write,
  writeOf,
} from './ledger.ts';
import { type S3Answer, type S3Connection, type S3Request, UnansweredError } from './s3-connection.ts';

/** An answer that no promise allows, such as a 500 while nothing is wrong. */
export class WrongAnswerError extends Error {}

/** How many operations of each kind were acknowledged. */
export type Counts = Map<string, number>;

export interface ClientOptions {
  readonly connection: S3Connection;
  readonly ledger: ClientLedger;
  readonly random: Random;
  readonly counts: Counts;
}

/** Sizes on both sides of the inline limit and of a block; most writes are small. */
const sizes = [0, 1, 700, 4096, 20_000, 65_536, 65_537, 150_000, 600_000] as const;
const minimumPartSize = 5 * 1024 * 1024;
const mostVersions = 6;

/** One client that changes its own keys at random, one request after the other, and writes down each answer. */
export class Client {
  readonly #connection: S3Connection;
  readonly #ledger: ClientLedger;
  readonly #random: Random;
  readonly #counts: Counts;

  constructor({ connection, ledger, random, counts }: ClientOptions) {
    this.#connection = connection;
    this.#ledger = ledger;
    this.#random = random;
    this.#counts = counts;
  }

  /** Goes on until the server no longer answers or `signal` is aborted. Rejects with WrongAnswerError. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) await this.#step();
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
    }
  }

  async #step(): Promise<void> {
    const key = this.#ledger.keys[this.#below(this.#ledger.keys.length)]!;
    const dice = this.#below(100);
    if (dice < 10) return this.read(key);
    if (dice < 18 && !key.isVersioned) return this.#stepUpload(key);
    if (key.versions.length >= mostVersions) return this.removeVersion(key);
    if (dice < 30) return this.delete(key);
    if (dice < 42) return this.copy(key);
    return this.put(key, sizes[this.#below(sizes.length)]!);
  }

  /** `headers`: what else is said of it. */
  async put(key: KeyLedger, length: number, headers: Record<string, string> = {}): Promise<void> {
    const id = this.#newId();
    const body = bodyOf(id, length);
    const name = key.current === undefined ? 'put' : 'overwrite';
    await this.#change(name, key, { kind: 'write', write: writeOf(id, body) }, () => ({
      method: 'PUT',
      path: key.path,
      headers: { ...headers, 'x-amz-meta-write': id },
      body,
    }));
  }

  /** Adds to the end of an object that came in one put. */
  async append(key: KeyLedger, length: number): Promise<void> {
    const { current } = key;
    if (current === undefined) return this.put(key, length);
    const body = bodyOf(this.#newId(), length);
    const write = writeOf(current.id, Buffer.concat([bodyOf(current.id, current.length), body]));
    await this.#change('append', key, { kind: 'write', write }, () => ({
      method: 'PUT',
      path: key.path,
      headers: { 'x-amz-write-offset-bytes': String(current.length) },
      body,
    }));
  }

  /** Gives an object the key of another one, in a bucket without versions. */
  async rename(from: KeyLedger, to: KeyLedger): Promise<void> {
    const { current } = from;
    if (current === undefined) return this.put(from, 1000);
    from.pending = { kind: 'write', write: 'marker' };
    await this.#change('rename', to, { kind: 'write', write: current }, () => ({
      method: 'PUT',
      path: to.path,
      query: { renameObject: '' },
      headers: { 'x-amz-rename-source': from.name },
    }));
    from.acknowledge(undefined);
  }

  async delete(key: KeyLedger): Promise<void> {
    await this.#change('delete', key, { kind: 'write', write: 'marker' }, () => ({ method: 'DELETE', path: key.path }));
  }

  async removeVersion(key: KeyLedger): Promise<void> {
    const { versionId } = key.versions[this.#below(key.versions.length)]!;
    if (versionId === undefined) return this.delete(key);
    await this.#change('delete version', key, { kind: 'remove', versionId }, () => ({
      method: 'DELETE',
      path: key.path,
      query: { versionId },
    }));
  }

  /** Copies another key of this client, bytes and metadata. */
  async copy(key: KeyLedger): Promise<void> {
    const sources = this.#ledger.keys.filter((source) => source !== key && source.current !== undefined);
    const source = sources[this.#below(sources.length)];
    if (source?.current === undefined) return this.put(key, 1000);
    await this.#change('copy', key, { kind: 'write', write: source.current }, () => ({
      method: 'PUT',
      path: key.path,
      headers: { 'x-amz-copy-source': source.path },
    }));
  }

  /** What was acknowledged must be read at once, under load too. */
  async read(key: KeyLedger): Promise<void> {
    const answer = await this.#connection.send({ method: 'GET', path: key.path });
    const { current } = key;
    if (current === undefined ? answer.status !== 404 : !isWrite(answer, current)) {
      throw new WrongAnswerError(
        `GET ${key.path}: expected ${describeWrite(current)}, found status ${answer.status} and ${answer.body.length} bytes`,
      );
    }
    this.#count('read');
  }

  async createUpload(key: KeyLedger): Promise<UploadLedger> {
    const writeId = this.#newId();
    this.#ledger.unansweredUploads++;
    const answer = await this.#ask({
      method: 'POST',
      path: key.path,
      query: { uploads: '' },
      headers: { 'x-amz-meta-write': writeId },
    });
    this.#ledger.unansweredUploads--;
    const uploadId = /<UploadId>([^<]+)</.exec(answer.body.toString())?.[1];
    if (uploadId === undefined) throw new WrongAnswerError(`POST ${key.path}?uploads: no upload id`);
    const upload = new UploadLedger(key, uploadId, writeId);
    this.#ledger.uploads.add(upload);
    this.#count('create upload');
    return upload;
  }

  async uploadPart(upload: UploadLedger, number: number, length: number): Promise<void> {
    const id = this.#newId();
    const body = bodyOf(id, length);
    const part: UploadedPart = { etag: writeOf(id, body).md5, body: { id, length } };
    upload.pendingPart = { number, part };
    await this.#ask({
      method: 'PUT',
      path: upload.key.path,
      query: { partNumber: String(number), uploadId: upload.uploadId },
      body,
    });
    upload.parts.set(number, part);
    upload.pendingPart = undefined;
    this.#count('part');
  }

  async completeUpload(upload: UploadLedger): Promise<void> {
    const parts = [...upload.parts].sort(([a], [b]) => a - b);
    const document = parts.map(
      ([number, { etag }]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    upload.ending = 'complete';
    await this.#change('complete', upload.key, { kind: 'write', write: upload.whole() }, () => ({
      method: 'POST',
      path: upload.key.path,
      query: { uploadId: upload.uploadId },
      body: Buffer.from(`<CompleteMultipartUpload>${document.join('')}</CompleteMultipartUpload>`),
    }));
    this.#ledger.uploads.delete(upload);
  }

  async abortUpload(upload: UploadLedger): Promise<void> {
    upload.ending = 'abort';
    await this.#ask({ method: 'DELETE', path: upload.key.path, query: { uploadId: upload.uploadId } });
    this.#ledger.uploads.delete(upload);
    this.#count('abort');
  }

  /** Begins an upload, or goes a step on with one: some stay open for long, and over a kill. */
  async #stepUpload(key: KeyLedger): Promise<void> {
    const upload = [...this.#ledger.uploads].find((candidate) => candidate.key === key);
    if (upload === undefined) {
      await this.createUpload(key);
      return;
    }
    const dice = this.#below(10);
    if (dice === 0) return this.abortUpload(upload);
    // Only a last part may be small.
    if (!upload.parts.has(2)) return this.uploadPart(upload, 2, 1 + this.#below(200_000));
    if (dice < 4) return this.uploadPart(upload, 1, minimumPartSize);
    return this.completeUpload(upload);
  }

  async #change(name: string, key: KeyLedger, change: Change, request: () => S3Request): Promise<void> {
    key.pending = change;
    const answer = await this.#ask(request());
    const versionId = answer.headers['x-amz-version-id'];
    key.acknowledge(typeof versionId === 'string' ? versionId : undefined);
    this.#count(name);
  }

  /** Success is an answer without an error in it: Complete and Copy may tell one behind a 200. */
  async #ask(request: S3Request): Promise<S3Answer> {
    const answer = await this.#connection.send(request);
    const isError = answer.status >= 300 || answer.body.includes('<Error>');
    if (!isError) return answer;
    const code = /<Code>([^<]*)</.exec(answer.body.toString())?.[1] ?? '';
    throw new WrongAnswerError(`${request.method} ${request.path}: answered ${answer.status} ${code}`);
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  #newId(): string {
    return this.#random.bytes(12).toString('hex');
  }

  #below(limit: number): number {
    return limit === 0 ? 0 : this.#random.bytes(4).readUInt32LE(0) % limit;
  }
}

/** Whether an answer is this write, whole: body, length and metadata. */
export function isWrite(answer: S3Answer, write: Write): boolean {
  return (
    answer.status === 200 &&
    answer.headers['x-amz-meta-write'] === write.id &&
    answer.body.length === write.length &&
    writeOf(write.id, answer.body).md5 === write.md5
  );
}

export function describeWrite(write: Write | 'marker' | undefined): string {
  if (write === undefined) return 'nothing';
  return write === 'marker' ? 'a delete marker' : `write ${write.id} of ${write.length} bytes`;
}
