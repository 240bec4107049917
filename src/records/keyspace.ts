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
  accountUsage: 0x24,
  lockClock: 0x25,
  current: 0x30,
  noncurrent: 0x31,
  head: 0x32,
  annotation: 0x33,
  upload: 0x40,
  part: 0x41,
  completedUpload: 0x42,
  clientToken: 0x43,
  inlineContent: 0x50,
  blob: 0x51,
  manifest: 0x52,
  links: 0x53,
  readLease: 0x54,
  reclaim: 0x60,
  placement: 0x61,
  accessLog: 0x68,
  replicationQueue: 0x69,
  replicationFailed: 0x6a,
  resync: 0x6b,
  lease: 0x70,
  work: 0x71,
  lifecycleProgress: 0x72,
  inventory: 0x73,
  remote: 0x78,
  eventTarget: 0x80,
  event: 0x81,
  eventSequence: 0x82,
  eventCounters: 0x83,
  deadEvent: 0x84,
  journal: 0x85,
  journalSequence: 0x86,
  masterKey: 0x90,
  activeMasterKey: 0x91,
  kmsKey: 0x92,
  kmsAlias: 0x93,
  keyRewrap: 0x94,
  user: 0xa0,
  group: 0xa1,
  role: 0xa2,
  managedPolicy: 0xa3,
  identityName: 0xa4,
  policyVersion: 0xa5,
  inlinePolicy: 0xa6,
  policyAttachment: 0xa7,
  policyAttachments: 0xa8,
  groupMember: 0xa9,
  groupMembers: 0xaa,
  accessKeyOfUser: 0xab,
  loginProfile: 0xac,
  identitySettings: 0xad,
  accountByAlias: 0xae,
  oidcProvider: 0xaf,
  identityCounters: 0xb0,
  identityRevision: 0xb1,
  lastUse: 0xb2,
  refusal: 0xb3,
  refusalDue: 0xb4,
  refusalOfAccount: 0xb5,
  refusalCount: 0xb6,
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

function dueKey(tableByte: number, dueAt: number, id: string): Buffer {
  const key = Buffer.allocUnsafe(7 + id.length / 2);
  key[0] = tableByte;
  key.writeUIntBE(dueAt, 1, 6);
  key.write(id, 7, 'hex');
  return key;
}

function reclaimKey(dueAt: number, id: string): Buffer {
  return dueKey(table.reclaim, dueAt, id);
}

/** Where an event waits. */
export interface EventPlace {
  /** 16 hex digits: the queue of a target. */
  readonly queue: string;
  /** A byte: events of one key are in one lane. */
  readonly lane: number;
  readonly sequence: number;
  /** 16 hex digits, drawn at random. */
  readonly id: string;
}

const queueBytes = 8;
const sequenceBytes = 7;
const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');
const hexSequence = (sequence: number) => sequence.toString(16).padStart(sequenceBytes * 2, '0');

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
  /** The counters of `usage`, over all buckets of an account. */
  accountUsage: (accountId: string) => tableKey(table.accountUsage, accountId),
  /** The latest time at which a version of the bucket is known to have been given a default retention. */
  lockClock: (bucketId: BucketId) => hexKey(table.lockClock, bucketId),
  current: (address: ObjectAddress) => bucketKey(table.current, address.bucketId, wellFormed(address).key),
  noncurrent: (address: ObjectAddress, token: string) => endedKey(table.noncurrent, wellFormed(address), token),
  head: (address: ObjectAddress) => bucketKey(table.head, address.bucketId, wellFormed(address).key),
  /** By the token of the version that it hangs on, which no other version has. */
  annotation(bucketId: BucketId, token: string, name: string): Buffer {
    return Buffer.concat([hexKey(table.annotation, bucketId + token), Buffer.from(name)]);
  },
  /** `tokenHash`: 32 hex digits. */
  clientToken: (bucketId: BucketId, tokenHash: string) => hexKey(table.clientToken, bucketId + tokenHash),
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
  /** Counters of what a destination of a bucket waits for; the destination by its hash. They come before the entries. */
  replicationCounters: (place: ReplicationPlace) => replicationKey(table[place.table], place),
  /** One change that a destination is to get; the sequence orders the changes of a key. */
  replicationEntry: (place: ReplicationPlace, sequence: string) => replicationKey(table[place.table], place, sequence),
  /** How far the versions that a bucket has already are queued for its destinations. */
  resync: (bucketId: BucketId) => hexKey(table.resync, bucketId),
  remote: (name: string) => tableKey(table.remote, name),
  eventTarget: (name: string) => tableKey(table.eventTarget, name),
  /** An event that waits for a target: its queue, its lane, in the order of the lane. */
  event: ({ queue, lane, sequence, id }: EventPlace) =>
    hexKey(table.event, queue + hexByte(lane) + hexSequence(sequence) + id),
  /** The sequence of the newest event of a lane, whether or not it is delivered already. */
  eventSequence: (queue: string, lane: number) => hexKey(table.eventSequence, queue + hexByte(lane)),
  /** Counters of the events of a queue that wait, and of those that are dead. */
  eventCounters: (queue: string) => hexKey(table.eventCounters, queue),
  /** An event that was given up; the id is a timed one. */
  deadEvent: (queue: string, id: string) => hexKey(table.deadEvent, queue + id),
  /** A change of a bucket that somebody listens to, in the order of its commits. */
  journal: (bucketId: BucketId, sequence: number) => hexKey(table.journal, bucketId + hexSequence(sequence)),
  journalSequence: (bucketId: BucketId) => hexKey(table.journalSequence, bucketId),
  /** Keys that data keys are sealed with. */
  masterKey: (id: string) => hexKey(table.masterKey, id),
  /** One record: with which of them new data keys are sealed. */
  activeMasterKey: () => tableKey(table.activeMasterKey, ''),
  /** How far data keys are sealed with that one. */
  keyRewrap: () => tableKey(table.keyRewrap, ''),
  kmsKey: (id: string) => tableKey(table.kmsKey, id),
  /** `name` without `alias/`. */
  kmsAlias: (accountId: string, name: string) => tableKey(table.kmsAlias, `${accountId}/${name}`),
  /** How the lists of one configuration stand; the configuration by 16 hex digits of a hash of its id. */
  inventory: (bucketId: BucketId, idHash: string) => hexKey(table.inventory, bucketId + idHash),
  /** Users, groups, roles and policies stand under their unique ids, which no name that is used again has. */
  user: (userId: string) => tableKey(table.user, userId),
  group: (groupId: string) => tableKey(table.group, groupId),
  role: (roleId: string) => tableKey(table.role, roleId),
  managedPolicy: (policyId: string) => tableKey(table.managedPolicy, policyId),
  /** Holds the id. Names are unique within an account and a kind, whatever their case. */
  identityName: (accountId: string, kind: IdentityKind, name: string) =>
    tableKey(table.identityName, `${accountId}/${kind}/${name.toLowerCase()}`),
  /** The text of one version of a managed policy. */
  policyVersion: (policyId: string, version: number) =>
    tableKey(table.policyVersion, `${policyId}/${String(version).padStart(10, '0')}`),
  /** The text of a policy that stands on one user, group or role alone. */
  inlinePolicy: (ownerId: string, name: string) => tableKey(table.inlinePolicy, `${ownerId}/${name}`),
  /** That a managed policy is attached to a user, group or role, or is its boundary. */
  policyAttachment: (attachment: PolicyAttachment) =>
    tableKey(
      table.policyAttachment,
      `${attachmentStart(attachment)}${attachment.as}/${attachment.kind}/${attachment.id}`,
    ),
  /** Counters: to how many things of the account the policy is attached, and how many it is the boundary of. */
  policyAttachments: (accountId: string, policyArn: string) =>
    tableKey(table.policyAttachments, `${accountId}\0${policyArn}`),
  groupMember: (groupId: string, userId: string) => tableKey(table.groupMember, `${groupId}/${userId}`),
  /** A counter. */
  groupMembers: (groupId: string) => tableKey(table.groupMembers, groupId),
  accessKeyOfUser: (userId: string, accessKeyId: string) => tableKey(table.accessKeyOfUser, `${userId}/${accessKeyId}`),
  loginProfile: (userId: string) => tableKey(table.loginProfile, userId),
  /** What of an account only IAM asks for. */
  identitySettings: (accountId: string) => tableKey(table.identitySettings, accountId),
  /** Aliases are unique over all accounts. */
  accountByAlias: (alias: string) => tableKey(table.accountByAlias, alias),
  /** `url` without `https://`. */
  oidcProvider: (accountId: string, url: string) => tableKey(table.oidcProvider, `${accountId}/${url}`),
  /** Counters of an account, in the order of `identityCounters`. */
  identityCounters: (accountId: string) => tableKey(table.identityCounters, accountId),
  /** Changes with every commit that changes what somebody of the account may do. */
  identityRevision: (accountId: string) => tableKey(table.identityRevision, accountId),
  /** When an access key or a role was used last: by its id. */
  lastUse: (id: string) => tableKey(table.lastUse, id),
  /** A request that was refused, by its id: 16 hexadecimal digits. */
  refusal: (requestId: string) => tableKey(table.refusal, requestId.toUpperCase()),
  /** When a refusal is to be forgotten. */
  refusalDue: (dueAt: number, requestId: string) => dueKey(table.refusalDue, dueAt, requestId),
  /** That an account may be told of a refusal, in the order of time. */
  refusalOfAccount: (accountId: string, { at, requestId }: { readonly at: number; readonly requestId: string }) =>
    Buffer.concat([tableKey(table.refusalOfAccount, `${accountId}/`), dueKey(0, at, requestId).subarray(1)]),
  /** A counter of all refusals that are kept. */
  refusalCount: () => tableKey(table.refusalCount, ''),
  lease: (name: string) => tableKey(table.lease, name),
  /** How one kind of background work stands. */
  work: (name: string) => tableKey(table.work, name),
  /** How far a bucket's lifecycle rules are carried out. */
  lifecycleProgress: (bucketId: BucketId) => hexKey(table.lifecycleProgress, bucketId),
  /** Ordered as `reclaim`: a version to look at from `dueAt` on. The id is a timed one. */
  placement: (dueAt: number, id: string) => dueKey(table.placement, dueAt, id),
} as const;

/** What has names within an account. */
export type IdentityKind = 'user' | 'group' | 'role' | 'policy';

export interface PolicyAttachment {
  readonly accountId: string;
  readonly policyArn: string;
  readonly as: 'policy' | 'boundary';
  readonly kind: Exclude<IdentityKind, 'policy'>;
  /** Of the user, group or role. */
  readonly id: string;
}

/** ARNs have slashes in them, and no NUL. */
function attachmentStart({ accountId, policyArn }: Pick<PolicyAttachment, 'accountId' | 'policyArn'>): string {
  return `${accountId}\0${policyArn}\0`;
}

/** Reads parts back out of keys. */
export const keyParts = {
  /** For every table whose keys begin with a bucket's id. */
  bucketId: (key: Buffer) => key.toString('hex', 1, 9),
  /** For keys of `annotation`. */
  tokenOfAnnotation: (key: Buffer) => key.toString('hex', 9, 9 + tokenBytes),
  nameOfAnnotation: (key: Buffer) => key.toString('utf8', 9 + tokenBytes),
  /** For keys of `inventory`. */
  hashOfInventory: (key: Buffer) => key.toString('hex', 9),
  /** For keys of `clientToken`. */
  hashOfClientToken: (key: Buffer) => key.toString('hex', 9),
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
  /** For keys of `placement`. */
  placementDueAt: (key: Buffer) => key.readUIntBE(1, 6),
  placementId: (key: Buffer) => key.toString('hex', 7),
  /** For keys of `replicationQueue` and `replicationFailed`; no sequence for counters. */
  replicationDestination: (key: Buffer) => key.toString('hex', 9, 9 + destinationBytes),
  replicationSequence: (key: Buffer) =>
    key.length > 9 + destinationBytes ? key.toString('hex', 9 + destinationBytes) : undefined,
  /** For keys of `event`. */
  eventPlace: (key: Buffer): EventPlace => ({
    queue: key.toString('hex', 1, 1 + queueBytes),
    lane: key[1 + queueBytes]!,
    sequence: Number.parseInt(key.toString('hex', 2 + queueBytes, 2 + queueBytes + sequenceBytes), 16),
    id: key.toString('hex', 2 + queueBytes + sequenceBytes),
  }),
  /** For `event`, `eventSequence`, `eventCounters` and `deadEvent`. */
  eventQueue: (key: Buffer) => key.toString('hex', 1, 1 + queueBytes),
  /** For keys of `deadEvent`. */
  deadEventId: (key: Buffer) => key.toString('hex', 1 + queueBytes),
  /** For keys of `journal`. */
  journalSequence: (key: Buffer) => Number.parseInt(key.toString('hex', 9), 16),
  /** For keys of `identityName`: the name in lower case. */
  identityName: (key: Buffer) => {
    const text = key.toString('utf8', 1);
    return text.slice(text.indexOf('/', text.indexOf('/') + 1) + 1);
  },
  /** For keys of `policyAttachment`. */
  policyAttachment: (key: Buffer): PolicyAttachment => {
    const [accountId, policyArn, rest] = key.toString('utf8', 1).split('\0') as [string, string, string];
    const [as, kind, id] = rest.split('/') as [PolicyAttachment['as'], PolicyAttachment['kind'], string];
    return { accountId, policyArn, as, kind, id };
  },
  /** For keys of `groupMember`, `accessKeyOfUser` and `inlinePolicy`: the owner's id, and the rest. */
  ownedPart: (key: Buffer): readonly [ownerId: string, part: string] => {
    const text = key.toString('utf8', 1);
    const slash = text.indexOf('/');
    return [text.slice(0, slash), text.slice(slash + 1)];
  },
  /** For keys of `refusalDue`. */
  refusalId: (key: Buffer) => key.toString('hex', 7).toUpperCase(),
  /** For keys of `refusalOfAccount`. */
  refusalOfAccount: (key: Buffer) => {
    const end = key.length - 14;
    const requestId = key.toString('hex', end + 6).toUpperCase();
    return { accountId: key.toString('utf8', 1, end - 1), at: key.readUIntBE(end, 6), requestId };
  },
  /** For keys of `accessLog`: when the lines were stored; undefined for the counter of a bucket. */
  timeOfAccessLog: (key: Buffer) => (key.length > 9 ? key.readUIntBE(9, 6) : undefined),
};

/** Bytes of the hash that stands for a destination. */
const destinationBytes = 8;

/** The changes that one destination of one bucket waits for, or has refused. */
export interface ReplicationPlace {
  readonly table: 'replicationQueue' | 'replicationFailed';
  readonly bucketId: BucketId;
  /** 16 hex digits. */
  readonly destination: string;
}

function replicationKey(tableByte: number, { bucketId, destination }: ReplicationPlace, sequence = ''): Buffer {
  return hexKey(tableByte, bucketId + destination + sequence);
}

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
  /** How the lists of one bucket stand. */
  inventoriesOf: (bucketId: BucketId, limit: number): Span => ({
    from: hexKey(table.inventory, bucketId),
    to: Buffer.concat([hexKey(table.inventory, bucketId), Buffer.alloc(9, 0xff)]),
    limit,
  }),
  /** The annotations of one version whose names begin with `prefix`, in byte order, behind `after`. */
  annotations(
    { bucketId, token }: { readonly bucketId: BucketId; readonly token: string },
    { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
    limit: number,
  ): Span {
    const first = keyspace.annotation(bucketId, token, prefix);
    const next = after === undefined ? first : Buffer.concat([keyspace.annotation(bucketId, token, after), zero]);
    return { from: compareBytes(first, next) < 0 ? next : first, to: Buffer.concat([first, past]), limit };
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
  kmsKeys: (after: string | undefined, limit: number) => textSpan(table.kmsKey, '', after, limit),

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
  /** Entries of `placement` that are due at `now`, oldest first. */
  placementDue: (now: number, limit: number): Span => ({
    from: Buffer.from([table.placement]),
    to: dueKey(table.placement, now + 1, ''),
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
  /** The entries of one destination behind `after`, in their order, without the counters. */
  replicationOf(place: ReplicationPlace, after: string | undefined, limit: number): Span {
    const first = keyspace.replicationCounters(place);
    return {
      from: Buffer.concat([after === undefined ? first : keyspace.replicationEntry(place, after), zero]),
      to: Buffer.concat([first, Buffer.alloc(tokenBytes + 2, 0xff)]),
      limit,
    };
  },
  /** What stands in a table of replication behind all of the place `after`. */
  replicationBehind: (name: ReplicationPlace['table'], after: ReplicationPlace | undefined, limit: number): Span => ({
    from:
      after === undefined
        ? Buffer.from([table[name]])
        : Buffer.concat([keyspace.replicationCounters(after), Buffer.alloc(tokenBytes + 2, 0xff)]),
    to: Buffer.from([table[name] + 1]),
    limit,
  }),
  remotes: (after: string | undefined, limit: number) => textSpan(table.remote, '', after, limit),
  eventTargets: (after: string | undefined, limit: number) => textSpan(table.eventTarget, '', after, limit),
  /** Events of a queue from the beginning of `lane` on, or behind the key `after`. */
  eventsFromLane: (queue: string, lane: number, limit: number): Span => ({
    from: hexKey(table.event, queue + hexByte(lane)),
    to: Buffer.concat([hexKey(table.event, queue), past, past]),
    limit,
  }),
  eventsOfLane: (queue: string, lane: number, limit: number): Span => {
    const from = hexKey(table.event, queue + hexByte(lane));
    return { from, to: Buffer.concat([from, past]), limit };
  },
  /** The first event of any queue that is behind this one. */
  eventsBehindQueue: (queue: string | undefined, limit: number): Span => ({
    from:
      queue === undefined ? Buffer.from([table.event]) : Buffer.concat([hexKey(table.event, queue), past, past, past]),
    to: Buffer.from([table.event + 1]),
    limit,
  }),
  deadEventsOf: (queue: string, after: string | undefined, limit: number): Span => ({
    from:
      after === undefined
        ? hexKey(table.deadEvent, queue)
        : Buffer.concat([hexKey(table.deadEvent, queue + after), zero]),
    to: Buffer.concat([hexKey(table.deadEvent, queue), past]),
    limit,
  }),
  /** The journal of a bucket behind a sequence. */
  journalBehind: (bucketId: BucketId, sequence: number, limit: number): Span => ({
    from: keyspace.journal(bucketId, sequence + 1),
    to: Buffer.concat([hexKey(table.journal, bucketId), past]),
    limit,
  }),
  /** The first entry of the journal of any bucket that is behind this one. */
  journalsBehind: (bucketId: BucketId | undefined, limit: number): Span => ({
    from:
      bucketId === undefined ? Buffer.from([table.journal]) : Buffer.concat([hexKey(table.journal, bucketId), past]),
    to: Buffer.from([table.journal + 1]),
    limit,
  }),
  /** Names of one kind in one account, in byte order of their lower case, after `after` (in lower case). */
  identityNames: (accountId: string, kind: IdentityKind, after: string | undefined, limit: number) =>
    textSpan(
      table.identityName,
      `${accountId}/${kind}/`,
      after === undefined ? undefined : `${accountId}/${kind}/${after}`,
      limit,
    ),
  /** What a policy is attached to within one account, behind the key `after`. */
  policyAttachmentsOf(
    policy: Pick<PolicyAttachment, 'accountId' | 'policyArn'>,
    after: Buffer | undefined,
    limit: number,
  ): Span {
    const first = tableKey(table.policyAttachment, attachmentStart(policy));
    return {
      from: after === undefined ? first : Buffer.concat([after, zero]),
      to: Buffer.concat([first, past]),
      limit,
    };
  },
  groupMembers: (groupId: string, after: string | undefined, limit: number) =>
    textSpan(table.groupMember, `${groupId}/`, after === undefined ? undefined : `${groupId}/${after}`, limit),
  accessKeysOfUser: (userId: string, after: string | undefined, limit: number) =>
    textSpan(table.accessKeyOfUser, `${userId}/`, after === undefined ? undefined : `${userId}/${after}`, limit),
  oidcProviders: (accountId: string, after: string | undefined, limit: number) =>
    textSpan(table.oidcProvider, `${accountId}/`, after === undefined ? undefined : `${accountId}/${after}`, limit),
  /** Refusals that are to be forgotten at `now`, oldest first. */
  refusalsDue: (now: number, limit: number): Span => ({
    from: Buffer.from([table.refusalDue]),
    to: dueKey(table.refusalDue, now + 1, ''),
    limit,
  }),
  /** Refusals that an account may be told of, newest first, behind the key `after`. */
  refusalsOfAccount: (accountId: string, after: Buffer | undefined, limit: number): Span => {
    const from = tableKey(table.refusalOfAccount, `${accountId}/`);
    return { from, to: after ?? Buffer.concat([from, Buffer.alloc(15, 0xff)]), reverse: true, limit };
  },
  /** The oldest refusals that are kept, whether or not they are to be forgotten yet. */
  refusalsByAge: (limit: number): Span => ({
    from: Buffer.from([table.refusalDue]),
    to: Buffer.from([table.refusalDue + 1]),
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
