import { bucketNames, type ClientLedger, type KeyLedger, type UploadLedger, type Version } from './ledger.ts';
import { describeWrite, isWrite } from './load.ts';
import type { S3Answer, S3Connection, S3Request } from './s3-connection.ts';

/** How a server broke its word. */
export interface BrokenPromise {
  readonly kind: 'missing' | 'altered' | 'phantom' | 'upload' | 'listing';
  readonly message: string;
}

/**
 * Holds a server that was killed and started again against what was acknowledged: every key in the acknowledged state
 * or, where a change was not answered, wholly in the one or the other; listings that show the same; every open upload
 * with its parts. What is found becomes the ledgers' state, so that the work can go on.
 */
export async function checkLedgers(
  connection: S3Connection,
  ledgers: readonly ClientLedger[],
): Promise<BrokenPromise[]> {
  const check = new LedgerCheck(connection);
  const versions = await check.listVersions();
  for (const ledger of ledgers) {
    for (const upload of ledger.uploads) await check.upload(ledger, upload);
    for (const key of ledger.keys) await check.key(key, versions.get(key.name) ?? []);
  }
  await check.listing(ledgers.flatMap(({ keys }) => keys));
  await check.unknownUploads(ledgers);
  return check.broken;
}

interface ListedVersion {
  readonly versionId: string;
  readonly isMarker: boolean;
}

class LedgerCheck {
  readonly broken: BrokenPromise[] = [];
  readonly #connection: S3Connection;

  constructor(connection: S3Connection) {
    this.#connection = connection;
  }

  async key(key: KeyLedger, listed: readonly ListedVersion[]): Promise<void> {
    const states = key.possibleStates();
    const found = key.isVersioned ? await this.#readVersions(key, listed) : await this.#readPlain(key);
    if (!states.some((state) => isSameState(state, found))) {
      this.#tell(
        kindOf(states, found),
        `${key.path}: expected ${states.map(describe).join(' or ')}, found ${describe(found)}`,
      );
    }
    key.settle(found.map(({ versionId, write }) => ({ versionId, write: write === 'torn' ? 'marker' : write })));
    if (key.isVersioned) await this.#newest(key, found);
  }

  /** A plain GET shows the newest version. */
  async #newest(key: KeyLedger, found: readonly FoundVersion[]): Promise<void> {
    const answer = await this.#send({ method: 'GET', path: key.path });
    const newest = found[0]?.write;
    const isRight =
      newest === undefined || newest === 'marker'
        ? answer.status === 404
        : newest === 'torn' || isWrite(answer, newest);
    if (!isRight) this.#tell('altered', `${key.path}: GET shows another version than the newest one`);
  }

  async #readPlain(key: KeyLedger): Promise<FoundVersion[]> {
    const answer = await this.#send({ method: 'GET', path: key.path });
    return answer.status === 404 ? [] : [{ versionId: undefined, write: writeIn(answer, key) }];
  }

  async #readVersions(key: KeyLedger, listed: readonly ListedVersion[]): Promise<FoundVersion[]> {
    const found: FoundVersion[] = [];
    for (const { versionId, isMarker } of listed) {
      if (isMarker) {
        found.push({ versionId, write: 'marker' });
        continue;
      }
      const answer = await this.#send({ method: 'GET', path: key.path, query: { versionId } });
      found.push({ versionId, write: writeIn(answer, key) });
    }
    return found;
  }

  /** Its acknowledged parts are listed; a Complete that was not answered left the object or the upload, not both. */
  async upload(ledger: ClientLedger, upload: UploadLedger): Promise<void> {
    const { key, uploadId, ending } = upload;
    const answer = await this.#send({ method: 'GET', path: key.path, query: { uploadId } });
    const where = `upload of ${key.path}`;
    if (answer.status === 404) {
      ledger.uploads.delete(upload);
      // Of a Complete, the key must then hold the object; of an Abort, nothing is left to see.
      if (ending === 'complete' && key.pending !== undefined) key.acknowledge(undefined);
      if (ending === undefined)
        this.#tell('upload', `${where}: it is gone, with ${upload.parts.size} acknowledged parts`);
      return;
    }
    if (answer.status !== 200) return this.#tell('upload', `${where}: ListParts answers ${answer.status}`);
    if (ending === 'complete') key.pending = undefined;
    upload.ending = undefined;
    const listed = listedParts(answer);
    const { pendingPart: pending } = upload;
    if (pending !== undefined && listed.get(pending.number) === describePart(pending.part)) {
      upload.parts.set(pending.number, pending.part);
    }
    upload.pendingPart = undefined;
    for (const [number, part] of upload.parts) {
      if (listed.get(number) !== describePart(part)) {
        this.#tell('upload', `${where}: expected part ${number} ${describePart(part)}, found ${listed.get(number)}`);
      }
    }
    for (const number of listed.keys()) {
      if (!upload.parts.has(number)) this.#tell('upload', `${where}: found part ${number}, which was never sent`);
    }
  }

  /** A listing shows exactly the keys that hold an object. */
  async listing(keys: readonly KeyLedger[]): Promise<void> {
    for (const bucket of Object.values(bucketNames)) {
      const expected = keys
        .filter((key) => key.bucket === bucket && key.current !== undefined)
        .map((key) => `${key.name} ${key.current?.length}`);
      const found = await this.#listObjects(bucket);
      for (const entry of expected) if (!found.has(entry)) this.#tell('listing', `${bucket}: ${entry} is not listed`);
      for (const entry of found) {
        if (!expected.includes(entry)) this.#tell('listing', `${bucket}: ${entry} is listed, and is not there`);
      }
    }
  }

  /** No upload is listed but those that are open, and ones whose beginning was not answered. Those are aborted. */
  async unknownUploads(ledgers: readonly ClientLedger[]): Promise<void> {
    const answer = await this.#send({ method: 'GET', path: `/${bucketNames.plain}`, query: { uploads: '' } });
    const known = new Set(ledgers.flatMap(({ uploads }) => [...uploads].map(({ uploadId }) => uploadId)));
    for (const [, upload] of answer.body.toString().matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
      const name = textIn('Key', upload!);
      const uploadId = textIn('UploadId', upload!);
      if (known.delete(uploadId)) continue;
      const owner = ledgers.find((ledger) => name.startsWith(`${ledger.name}/`));
      if (owner === undefined || owner.unansweredUploads-- <= 0) {
        this.#tell('upload', `upload of /${bucketNames.plain}/${name}: nobody began it, or it was ended`);
      }
      await this.#send({ method: 'DELETE', path: `/${bucketNames.plain}/${name}`, query: { uploadId } });
    }
    for (const ledger of ledgers) ledger.unansweredUploads = 0;
    for (const uploadId of known) this.#tell('upload', `upload ${uploadId} is open and not listed`);
  }

  /** Every version of the versioned bucket by its key, newest first. */
  async listVersions(): Promise<Map<string, ListedVersion[]>> {
    const byKey = new Map<string, ListedVersion[]>();
    let marker: Record<string, string> = {};
    for (;;) {
      const answer = await this.#send({
        method: 'GET',
        path: `/${bucketNames.versioned}`,
        query: { versions: '', ...marker },
      });
      const page = answer.body.toString();
      for (const [, element, inner] of page.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
        const name = textIn('Key', inner!);
        const ofKey = byKey.get(name) ?? [];
        ofKey.push({ versionId: textIn('VersionId', inner!), isMarker: element === 'DeleteMarker' });
        byKey.set(name, ofKey);
      }
      if (!page.includes('<IsTruncated>true<')) return byKey;
      marker = {
        'key-marker': textIn('NextKeyMarker', page),
        'version-id-marker': textIn('NextVersionIdMarker', page),
      };
    }
  }

  async #listObjects(bucket: string): Promise<Set<string>> {
    const found = new Set<string>();
    let token: Record<string, string> = {};
    for (;;) {
      const answer = await this.#send({ method: 'GET', path: `/${bucket}`, query: { 'list-type': '2', ...token } });
      const page = answer.body.toString();
      for (const [, inner] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        found.add(`${textIn('Key', inner!)} ${textIn('Size', inner!)}`);
      }
      if (!page.includes('<IsTruncated>true<')) return found;
      token = { 'continuation-token': textIn('NextContinuationToken', page) };
    }
  }

  #tell(kind: BrokenPromise['kind'], message: string): void {
    this.broken.push({ kind, message });
  }

  #send(request: S3Request): Promise<S3Answer> {
    return this.#connection.send(request);
  }
}

/** A version as it was read; `torn` where its bytes and its metadata are not of one write. */
interface FoundVersion {
  readonly versionId: string | undefined;
  readonly write: Version['write'] | 'torn';
}

/** The write that an answer is, if it is one that the key may hold. */
function writeIn(answer: S3Answer, key: KeyLedger): FoundVersion['write'] {
  for (const { write } of key.possibleStates().flat()) if (write !== 'marker' && isWrite(answer, write)) return write;
  return 'torn';
}

function isSameState(expected: readonly Version[], found: readonly FoundVersion[]): boolean {
  return (
    expected.length === found.length &&
    expected.every(({ versionId, write }, i) => {
      const other = found[i]!;
      const isSameId = versionId === undefined || versionId === other.versionId;
      if (write === 'marker' || other.write === 'marker' || other.write === 'torn') {
        return isSameId && write === other.write;
      }
      return isSameId && write.id === other.write.id && write.md5 === other.write.md5;
    })
  );
}

function kindOf(states: readonly (readonly Version[])[], found: readonly FoundVersion[]): BrokenPromise['kind'] {
  if (found.some(({ write }) => write === 'torn')) return 'altered';
  return found.length < Math.min(...states.map((state) => state.length)) ? 'missing' : 'phantom';
}

function describe(state: readonly FoundVersion[]): string {
  if (state.length === 0) return 'nothing';
  const names = state.map(({ write }) => (write === 'torn' ? 'bytes that no write has' : describeWrite(write)));
  return names.join(' over ');
}

function listedParts(answer: S3Answer): Map<number, string> {
  const parts = new Map<number, string>();
  for (const [, part] of answer.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)) {
    const etag = textIn('ETag', part!).replaceAll(/&quot;|"/g, '');
    parts.set(Number(textIn('PartNumber', part!)), `${etag} of ${textIn('Size', part!)} bytes`);
  }
  return parts;
}

const describePart = ({ etag, body }: { etag: string; body: { length: number } }) => `${etag} of ${body.length} bytes`;

/** The text of an element; the names used here hold nothing that XML would escape. */
function textIn(element: string, xml: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? '';
}
