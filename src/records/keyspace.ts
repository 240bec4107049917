import type { ListingPosition } from '../domain/listing/list-page.ts';
import type { Span } from '../engines/metadata/metadata-engine.ts';
import { compareBytes } from '../foundation/byte-order.ts';
import { invariant } from '../foundation/invariant.ts';

/**
 * The only place that builds keys of the metadata engine. A key is one table byte, then its parts. Object keys are
 * ended by 00 01, with 00 inside them written as 00 FF, so that byte order of engine keys is UTF-8 order of object
 * keys whatever follows them.
 */
const table = {
  account: 0x10,
  accountByName: 0x11,
  accountByCanonicalId: 0x12,
  accountByEmail: 0x13,
  accessKey: 0x18,
  accessKeyOfAccount: 0x19,
  rootAccessKeyId: 0x1a,
  bucket: 0x20,
  bucketOfAccount: 0x21,
  usage: 0x22,
  bucketSetting: 0x23,
  current: 0x30,
  noncurrent: 0x31,
  head: 0x32,
  upload: 0x40,
  part: 0x41,
  completedUpload: 0x42,
  inlineContent: 0x50,
  blob: 0x51,
  manifest: 0x52,
  links: 0x53,
  readLease: 0x54,
  reclaim: 0x60,
  accessLog: 0x68,
  lease: 0x70,
  work: 0x71,
} as const;

export type TableName = keyof typeof table;

export type ContentId = string;
export type BucketId = string;

const endOfKey = Buffer.from([0x00, 0x01]);

function tableKey(tableByte: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  key[0] = tableByte;
  key.write(text, 1);
  return key;
}

function hexKey(tableByte: number, hex: string): Buffer {
  const key = Buffer.allocUnsafe(1 + hex.length / 2);
  key[0] = tableByte;
  key.write(hex, 1, 'hex');
  return key;
}

/** A lone surrogate would be stored as another character: the key would not decode to what was encoded. */
function wellFormed(address: ObjectAddress): ObjectAddress {
  invariant(address.key.isWellFormed(), 'an object key is well-formed text');
  return address;
}

/** Table byte, bucket id (8 bytes), the object key's bytes as they are. */
function bucketKey(tableByte: number, bucketId: BucketId, objectKey: string): Buffer {
  const key = Buffer.allocUnsafe(9 + Buffer.byteLength(objectKey));
  key[0] = tableByte;
  key.write(bucketId, 1, 8, 'hex');
  key.write(objectKey, 9);
  return key;
}

/** Table byte, bucket id, the object key escaped and ended, then a suffix of fixed length. */
function endedKey(tableByte: number, address: ObjectAddress, suffix: string): Buffer {
  if (address.key.includes('\0')) return escapedKey(tableByte, address, suffix);
  const length = Buffer.byteLength(address.key);
  const key = Buffer.allocUnsafe(9 + length + 2 + suffix.length / 2);
  key[0] = tableByte;
  key.write(address.bucketId, 1, 8, 'hex');
  key.write(address.key, 9);
  key[9 + length] = 0x00;
  key[10 + length] = 0x01;
  key.write(suffix, 11 + length, 'hex');
  return key;
}

function escapedKey(tableByte: number, address: ObjectAddress, suffix: string): Buffer {
  const bytes: number[] = [];
  for (const byte of Buffer.from(address.key)) {
    bytes.push(byte);
    if (byte === 0) bytes.push(0xff);
  }
  return Buffer.concat([hexKey(tableByte, address.bucketId), Buffer.from(bytes), endOfKey, Buffer.from(suffix, 'hex')]);
}

/** The inverse of the escaping in `endedKey`. */
function unescapeObjectKey(bytes: Buffer): string {
  if (!bytes.includes(0)) return bytes.toString();
  const plain: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    plain.push(bytes[i]!);
    if (bytes[i] === 0) i++;
  }
  return Buffer.from(plain).toString();
}

export interface ObjectAddress {
  readonly bucketId: BucketId;
  readonly key: string;
}

/** Length of a version token or an upload id, in bytes. */
const tokenBytes = 16;

function reclaimKey(dueAt: number, id: string): Buffer {
  const key = Buffer.allocUnsafe(7 + id.length / 2);
  key[0] = table.reclaim;
  key.writeUIntBE(dueAt, 1, 6);
  key.write(id, 7, 'hex');
  return key;
}

export const keyspace = {
  account: (accountId: string) => tableKey(table.account, accountId),
  accountByName: (name: string) => tableKey(table.accountByName, name),
  accountByCanonicalId: (canonicalId: string) => tableKey(table.accountByCanonicalId, canonicalId),
  accountByEmail: (email: string) => tableKey(table.accountByEmail, email.toLowerCase()),
  accessKey: (accessKeyId: string) => tableKey(table.accessKey, accessKeyId),
  accessKeyOfAccount: (accountId: string, accessKeyId: string) =>
    tableKey(table.accessKeyOfAccount, `${accountId}/${accessKeyId}`),
  /** One record: which access key is the root's now. */
  rootAccessKeyId: () => tableKey(table.rootAccessKeyId, ''),
  bucket: (name: string) => tableKey(table.bucket, name),
  bucketOfAccount: (accountId: string, name: string) => tableKey(table.bucketOfAccount, `${accountId}/${name}`),
  usage: (bucketId: BucketId) => hexKey(table.usage, bucketId),
  bucketSetting: (bucketId: BucketId, name: string) => bucketKey(table.bucketSetting, bucketId, name),
  current: (address: ObjectAddress) => bucketKey(table.current, address.bucketId, wellFormed(address).key),
  noncurrent: (address: ObjectAddress, token: string) => endedKey(table.noncurrent, wellFormed(address), token),
  head: (address: ObjectAddress) => bucketKey(table.head, address.bucketId, wellFormed(address).key),
  upload: (address: ObjectAddress, uploadId: string) => endedKey(table.upload, wellFormed(address), uploadId),
  completedUpload: (address: ObjectAddress, uploadId: string) =>
    endedKey(table.completedUpload, wellFormed(address), uploadId),
  part(uploadId: string, partNumber: number): Buffer {
    const key = Buffer.allocUnsafe(1 + tokenBytes + 2);
    key[0] = table.part;
    key.write(uploadId, 1, 'hex');
    key.writeUInt16BE(partNumber, 1 + tokenBytes);
    return key;
  },
  inlineContent: (id: ContentId) => hexKey(table.inlineContent, id),
  blob: (id: ContentId) => hexKey(table.blob, id),
  manifest: (id: ContentId) => hexKey(table.manifest, id),
  links: (id: ContentId) => hexKey(table.links, id),
  readLease: (id: ContentId, reader: string) => hexKey(table.readLease, id + reader),
  /** Ordered by the time from which on the entry may be worked on (milliseconds since the epoch). */
  reclaim: reclaimKey,
  /** A counter of the bytes that wait of a bucket's access log. It comes before them. */
  accessLogBytes: (bucketId: BucketId) => hexKey(table.accessLog, bucketId),
  /** Lines of a bucket's access log; the id is a timed one, so that older ones come first. */
  accessLog: (bucketId: BucketId, id: string) => hexKey(table.accessLog, bucketId + id),
  lease: (name: string) => tableKey(table.lease, name),
  /** How one kind of background work stands. */
  work: (name: string) => tableKey(table.work, name),
} as const;

/** Reads parts back out of keys. */
export const keyParts = {
  /** For every table whose keys begin with a bucket's id. */
  bucketId: (key: Buffer) => key.toString('hex', 1, 9),
  /** For keys of `part`. */
  uploadIdOfPart: (key: Buffer) => key.toString('hex', 1, 1 + tokenBytes),
  objectKeyOfCurrent: (key: Buffer) => key.toString('utf8', 9),
  /** For keys of `noncurrent`, `upload` and `completedUpload`. */
  objectKeyOfEnded: (key: Buffer) => unescapeObjectKey(key.subarray(9, key.length - tokenBytes - 2)),
  tokenOfEnded: (key: Buffer) => key.toString('hex', key.length - tokenBytes),
  partNumber: (key: Buffer) => key.readUInt16BE(key.length - 2),
  afterTable: (key: Buffer) => key.toString('utf8', 1),
  idAfterTable: (key: Buffer) => key.toString('hex', 1),
  reclaimDueAt: (key: Buffer) => key.readUIntBE(1, 6),
  reclaimId: (key: Buffer) => key.toString('hex', 7),
  /** For keys of `accessLog`: when the lines were stored; undefined for the counter of a bucket. */
  timeOfAccessLog: (key: Buffer) => (key.length > 9 ? key.readUIntBE(9, 6) : undefined),
};

/** No UTF-8 text contains this byte, so prefix + FF lies behind every key that starts with the prefix. */
const past = Buffer.from([0xff]);
const zero = Buffer.from([0]);

/** Where a walk through a table that is ordered by object key begins. A mark is a version token or an upload id. */
export type KeyPosition = ListingPosition<string>;

/** Where a position is among the keys of one bucket in one table. */
type StartOf = (tableByte: number, bucketId: BucketId, position: KeyPosition) => Buffer;

/** For tables with one entry a key. */
function plainStart(tableByte: number, bucketId: BucketId, position: KeyPosition): Buffer {
  if (position.kind === 'at-key') return bucketKey(tableByte, bucketId, position.key);
  const text = position.kind === 'past-prefix' ? position.prefix : position.key;
  const start = Buffer.allocUnsafe(10 + Buffer.byteLength(text));
  start[0] = tableByte;
  start.write(bucketId, 1, 8, 'hex');
  start.write(text, 9);
  start[start.length - 1] = position.kind === 'past-prefix' ? past[0]! : zero[0]!;
  return start;
}

/** For tables with several entries a key, told apart by a token behind the key. */
function endedStart(tableByte: number, bucketId: BucketId, position: KeyPosition): Buffer {
  const key = position.kind === 'past-prefix' ? position.prefix : position.key;
  const address = { bucketId, key };
  if (position.kind === 'past-mark') return Buffer.concat([endedKey(tableByte, address, position.mark), zero]);
  const ended = endedKey(tableByte, address, '');
  const open = ended.subarray(0, -endOfKey.length);
  if (position.kind === 'at-key') return open;
  if (position.kind === 'past-prefix') return Buffer.concat([open, past]);
  // Past every token of this very key, but before keys that it is a prefix of: those have no 00 01 here.
  ended[ended.length - 1] = 0x02;
  return ended;
}

/** The span from a position on. */
export type Walk = (position: KeyPosition, limit: number) => Span;

/** Through the keys of one bucket that begin with `prefix`. Made once a listing: its end is the same for all spans. */
function walk(tableByte: number, start: StartOf): (bucketId: BucketId, prefix: string) => Walk {
  return (bucketId, prefix) => {
    const to = start(tableByte, bucketId, { kind: 'past-prefix', prefix });
    return (position, limit) => ({ from: start(tableByte, bucketId, position), to, limit });
  };
}

/** Through the tables that are ordered by object key. */
export const walks = {
  current: walk(table.current, plainStart),
  noncurrent: walk(table.noncurrent, endedStart),
  uploads: walk(table.upload, endedStart),
} as const;

/** From a position to the end of the bucket. */
function toBucketEnd(walkThrough: (typeof walks)[keyof typeof walks]) {
  return (bucketId: BucketId, position: KeyPosition, limit: number) => walkThrough(bucketId, '')(position, limit);
}

/** Everything behind `prefix` in one table, after `after` where given. */
function textSpan(tableByte: number, prefix: string, after: string | undefined, limit: number): Span {
  const first = tableKey(tableByte, prefix);
  const next = after === undefined ? first : Buffer.concat([tableKey(tableByte, after), zero]);
  return { from: compareBytes(first, next) < 0 ? next : first, to: Buffer.concat([first, past]), limit };
}

export const spans = {
  current: toBucketEnd(walks.current),
  noncurrent: toBucketEnd(walks.noncurrent),
  uploads: toBucketEnd(walks.uploads),
  /** Versions of one key that are not current, newest first. */
  noncurrentOfKey(address: ObjectAddress, limit: number): Span {
    const from = endedKey(table.noncurrent, address, '');
    const to = Buffer.from(from);
    to[to.length - 1] = 0x02;
    return { from, to, limit };
  },
  parts(uploadId: string, after: number, limit: number): Span {
    return { from: keyspace.part(uploadId, after + 1), to: Buffer.concat([hexKey(table.part, uploadId), past]), limit };
  },
  accounts: (after: string | undefined, limit: number) => textSpan(table.account, '', after, limit),
  accessKeysOfAccount: (accountId: string, after: string | undefined, limit: number) =>
    textSpan(
      table.accessKeyOfAccount,
      `${accountId}/`,
      after === undefined ? undefined : `${accountId}/${after}`,
      limit,
    ),
  /** Bucket names of one account in byte order, after `after`, starting with `prefix`. */
  bucketsOfAccount: (
    accountId: string,
    { prefix, after }: { prefix: string; after: string | undefined },
    limit: number,
  ) =>
    textSpan(
      table.bucketOfAccount,
      `${accountId}/${prefix}`,
      after === undefined ? undefined : `${accountId}/${after}`,
      limit,
    ),
  buckets: (after: string | undefined, limit: number) => textSpan(table.bucket, '', after, limit),
  readLeases: (id: ContentId, limit: number): Span => ({
    from: hexKey(table.readLease, id),
    to: Buffer.concat([hexKey(table.readLease, id), past]),
    limit,
  }),
  /** Reclaim entries that are due at `now`, oldest first. */
  reclaimDue: (now: number, limit: number): Span => ({
    from: Buffer.from([table.reclaim]),
    to: reclaimKey(now + 1, ''),
    limit,
  }),
  /** What waits of one bucket's access log, oldest first, without the counter. */
  accessLogsOf: (bucketId: BucketId, limit: number): Span => ({
    from: Buffer.concat([hexKey(table.accessLog, bucketId), zero]),
    to: Buffer.concat([hexKey(table.accessLog, bucketId), past, past]),
    limit,
  }),
  /** What waits of any access log, behind those of the bucket `after`. */
  accessLogsBehind: (after: BucketId | undefined, limit: number): Span => ({
    from:
      after === undefined
        ? Buffer.from([table.accessLog])
        : Buffer.concat([hexKey(table.accessLog, after), past, past]),
    to: Buffer.from([table.accessLog + 1]),
    limit,
  }),
  /** A whole table, for checks and migrations. */
  table: (name: TableName, after: Buffer | undefined, limit: number): Span => ({
    from: after === undefined ? Buffer.from([table[name]]) : Buffer.concat([after, zero]),
    to: Buffer.from([table[name] + 1]),
    limit,
  }),
  /** What lies between the tables: nothing, unless something else wrote into the store. */
  gaps(): readonly Span[] {
    const known = Object.values(table);
    return [-1, ...known].map((before, i) => ({
      from: Buffer.from(before < 0 ? [] : [before + 1]),
      to: i < known.length ? Buffer.from([known[i]!]) : Buffer.from([0xff, 0xff]),
      limit: 1,
    }));
  },
};
