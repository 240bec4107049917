import { createCipheriv, createHash } from 'node:crypto';

/** One body that was sent: its id travels with it as metadata, so that a mixture of two writes shows. */
export interface Write {
  readonly id: string;
  readonly length: number;
  /** In hexadecimal, of the whole object. */
  readonly md5: string;
}

/** What a key holds; `marker` is a delete marker. */
export interface Version {
  /** Undefined where the bucket has no versioning. */
  readonly versionId: string | undefined;
  readonly write: Write | 'marker';
}

/** One change of a key. Deleting is writing a marker. */
export type Change =
  | { readonly kind: 'write'; readonly write: Write | 'marker' }
  | { readonly kind: 'remove'; readonly versionId: string };

/** Bytes that only this id has, the same each time they are asked for. */
export function bodyOf(id: string, length: number): Buffer {
  const key = createHash('sha256').update(id).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

export function writeOf(id: string, body: Buffer): Write {
  return { id, length: body.length, md5: createHash('md5').update(body).digest('hex') };
}

/**
 * What was acknowledged about one key, newest version first, and what was asked for and not answered. Only one client
 * changes a key, one change after the other: there are never more than two states that it may be in.
 */
export class KeyLedger {
  readonly bucket: string;
  readonly name: string;
  readonly isVersioned: boolean;
  versions: readonly Version[] = [];
  pending: Change | undefined;

  constructor(bucket: string, name: string, { isVersioned }: { isVersioned: boolean }) {
    this.bucket = bucket;
    this.name = name;
    this.isVersioned = isVersioned;
  }

  get path(): string {
    return `/${this.bucket}/${this.name}`;
  }

  /** The object that a plain GET must answer with. */
  get current(): Write | undefined {
    const newest = this.versions[0]?.write;
    return newest === 'marker' ? undefined : newest;
  }

  /** The pending change was answered with success. */
  acknowledge(versionId: string | undefined): void {
    this.versions = this.#after(this.pending, versionId);
    this.pending = undefined;
  }

  /** The states that may be found: the acknowledged one, and the one that an unanswered change leads to. */
  possibleStates(): readonly (readonly Version[])[] {
    return this.pending === undefined ? [this.versions] : [this.versions, this.#after(this.pending, undefined)];
  }

  /** What was found is what counts from now on. */
  settle(found: readonly Version[]): void {
    this.versions = found;
    this.pending = undefined;
  }

  #after(change: Change | undefined, versionId: string | undefined): readonly Version[] {
    if (change === undefined) return this.versions;
    if (change.kind === 'remove') return this.versions.filter((version) => version.versionId !== change.versionId);
    if (this.isVersioned) return [{ versionId, write: change.write }, ...this.versions];
    return change.write === 'marker' ? [] : [{ versionId: undefined, write: change.write }];
  }
}

export interface UploadedPart {
  readonly etag: string;
  readonly body: { readonly id: string; readonly length: number };
}

/** One open upload: the parts that were acknowledged, and what was asked for and not answered. */
export class UploadLedger {
  readonly key: KeyLedger;
  readonly uploadId: string;
  /** The id that its object will carry. */
  readonly writeId: string;
  readonly parts = new Map<number, UploadedPart>();
  pendingPart: { readonly number: number; readonly part: UploadedPart } | undefined;
  ending: 'complete' | 'abort' | undefined;

  constructor(key: KeyLedger, uploadId: string, writeId: string) {
    this.key = key;
    this.uploadId = uploadId;
    this.writeId = writeId;
  }

  /** The object that its parts make. */
  whole(): Write {
    const inOrder = [...this.parts].sort(([a], [b]) => a - b);
    return writeOf(this.writeId, Buffer.concat(inOrder.map(([, { body }]) => bodyOf(body.id, body.length))));
  }
}

/** Everything that one client has done. */
export interface ClientLedger {
  readonly name: string;
  readonly keys: readonly KeyLedger[];
  readonly uploads: Set<UploadLedger>;
  /** Uploads whose beginning was not answered: such a one may be there, without parts. */
  unansweredUploads: number;
}

export const bucketNames = { plain: 'crash-plain', versioned: 'crash-versioned' } as const;
const keysInEach = 5;

export function clientLedger(name: string): ClientLedger {
  const names = Array.from({ length: keysInEach }, (_, i) => `${name}/key-${i}`);
  return {
    name,
    keys: [
      ...names.map((key) => new KeyLedger(bucketNames.plain, key, { isVersioned: false })),
      ...names.map((key) => new KeyLedger(bucketNames.versioned, key, { isVersioned: true })),
    ],
    uploads: new Set(),
    unansweredUploads: 0,
  };
}
