import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { type HeadRecord, headRecordType } from '../../records/head-record.ts';
import { type BucketId, keyParts, keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import {
  type ObjectVersion,
  storedBytes,
  type VersionRecord,
  versionRecordType,
} from '../../records/version-record.ts';
import type { Recount } from './recount.ts';
import { Cursor, entriesOf, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** One entry of `current`, `noncurrent` or `head`, with the object key that it belongs to. */
interface Placed<T> {
  readonly address: ObjectAddress;
  readonly token: string;
  readonly record: T | undefined;
  readonly wrong: Violation | undefined;
}

/** What is looked at besides the versions' places: their contents. */
export type VersionCheck = (where: string, version: ObjectVersion, bucketId: BucketId) => AsyncIterable<Violation>;

interface Tables {
  readonly current: Cursor<Placed<VersionRecord>>;
  readonly noncurrent: Cursor<Placed<VersionRecord>>;
  readonly heads: Cursor<Placed<HeadRecord>>;
}

/** Merges the three tables of versions: each key's version in `current`, those in `noncurrent`, and its head. */
export async function* verifyVersions(
  metadata: MetadataEngine,
  recount: Recount,
  check: VersionCheck,
): AsyncGenerator<Violation, void> {
  const tables: Tables = {
    current: await Cursor.open(placedVersions(metadata, 'current')),
    noncurrent: await Cursor.open(placedVersions(metadata, 'noncurrent')),
    heads: await Cursor.open(placedHeads(metadata)),
  };
  for (;;) {
    const address = smallest([tables.current.next, tables.noncurrent.next, tables.heads.next]);
    if (!address) return;
    yield* new KeyCheck(address, recount, check).run(tables);
  }
}

/** Walks through what is stored of one key, newest first. */
class KeyCheck {
  readonly #address: ObjectAddress;
  readonly #recount: Recount;
  readonly #check: VersionCheck;
  readonly #where: string;
  #newest: string | undefined;
  #previous: string | undefined;
  /** Tokens of null versions in `noncurrent`, and whether `current` is one. */
  readonly #nulls: string[] = [];
  #currentIsNull = false;
  #noncurrent = 0;
  /** Something of the key did not decode: what follows from the rest would be guesses. */
  #unreadable = false;

  constructor(address: ObjectAddress, recount: Recount, check: VersionCheck) {
    this.#address = address;
    this.#recount = recount;
    this.#check = check;
    this.#where = `object ${recount.nameOf(address.bucketId)}/${JSON.stringify(address.key)}`;
  }

  async *run({ current, noncurrent, heads }: Tables): AsyncGenerator<Violation, void> {
    if (!this.#recount.buckets.has(this.#address.bucketId)) {
      yield violation('ownerless', this.#where, { expected: 'a bucket', found: undefined });
    }
    const inCurrent = this.#belongs(current.next) ? current.next : undefined;
    if (inCurrent) {
      yield* this.#version(inCurrent, 'current');
      await current.advance();
    }
    while (this.#belongs(noncurrent.next)) {
      yield* this.#version(noncurrent.next, 'noncurrent');
      await noncurrent.advance();
    }
    const head = this.#belongs(heads.next) ? heads.next : undefined;
    if (head) await heads.advance();
    if (head?.wrong) yield head.wrong;
    if (head?.wrong || this.#unreadable) return;
    yield* this.#summary(head?.record);
  }

  #belongs<T>(placed: Placed<T> | undefined): placed is Placed<T> {
    return placed !== undefined && compareAddresses(placed.address, this.#address) === 0;
  }

  async *#version(placed: Placed<VersionRecord>, table: 'current' | 'noncurrent'): AsyncGenerator<Violation, void> {
    const { record, wrong } = placed;
    if (table === 'noncurrent') this.#noncurrent++;
    if (wrong) yield wrong;
    if (!record) {
      this.#unreadable = true;
      return;
    }
    const where = `${this.#where} version ${record.token}`;
    if (table === 'noncurrent' && placed.token !== record.token) {
      yield violation('version-order', where, { expected: `token ${placed.token}`, found: record.token });
    }
    if (this.#previous !== undefined && compareUtf8(record.token, this.#previous) <= 0) {
      yield violation('version-order', where, { expected: `older than ${this.#previous}`, found: 'not older' });
    }
    if (table === 'current' && record.kind === 'delete-marker') {
      yield violation('current-marker', where, { expected: 'an object', found: 'a delete marker' });
    }
    if (this.#newest === undefined && table === 'noncurrent' && record.kind === 'object') {
      yield violation('not-current', where, { expected: 'the newest version in current', found: 'it in noncurrent' });
    }
    this.#newest ??= record.token;
    this.#previous = record.token;
    if (record.isNull && table === 'noncurrent') this.#nulls.push(record.token);
    if (record.isNull && table === 'current') this.#currentIsNull = true;
    this.#recount.add(this.#address.bucketId, {
      objects: table === 'current' ? 1 : 0,
      versions: 1,
      bytes: storedBytes(record),
    });
    if (record.kind === 'object') yield* this.#check(where, record, this.#address.bucketId);
  }

  *#summary(head: HeadRecord | undefined): Generator<Violation, void> {
    const nulls = this.#nulls.length + (this.#currentIsNull ? 1 : 0);
    if (nulls > 1) yield violation('null-versions', this.#where, { expected: 'at most one', found: nulls });
    if (this.#noncurrent > 0 && this.#recount.unversioned.has(this.#address.bucketId)) {
      yield violation('unversioned', this.#where, { expected: 'no old versions', found: this.#noncurrent });
    }
    const expected =
      this.#noncurrent === 0 ? undefined : { newest: this.#newest, nullToken: this.#nulls[0] ?? undefined };
    if (expected?.newest !== head?.newest || expected?.nullToken !== head?.nullToken) {
      yield violation('head', this.#where, { expected, found: head });
    }
  }
}

async function* placedVersions(
  metadata: MetadataEngine,
  table: 'current' | 'noncurrent',
): AsyncGenerator<Placed<VersionRecord>, void> {
  for await (const entry of entriesOf(metadata, table)) {
    const { key } = entry;
    const bucketId = keyParts.bucketId(key);
    const address = {
      bucketId,
      key: table === 'current' ? keyParts.objectKeyOfCurrent(key) : keyParts.objectKeyOfEnded(key),
    };
    const token = table === 'current' ? '' : keyParts.tokenOfEnded(key);
    const { record, wrong } = readEntry({ table, type: versionRecordType }, entry, () =>
      table === 'current' ? keyspace.current(address) : keyspace.noncurrent(address, token),
    );
    yield { address, token, record, wrong };
  }
}

async function* placedHeads(metadata: MetadataEngine): AsyncGenerator<Placed<HeadRecord>, void> {
  for await (const entry of entriesOf(metadata, 'head')) {
    const address = { bucketId: keyParts.bucketId(entry.key), key: keyParts.objectKeyOfCurrent(entry.key) };
    const { record, wrong } = readEntry({ table: 'head', type: headRecordType }, entry, () => keyspace.head(address));
    yield { address, token: '', record, wrong };
  }
}

function smallest(placed: readonly (Placed<unknown> | undefined)[]): ObjectAddress | undefined {
  let first: ObjectAddress | undefined;
  for (const candidate of placed) {
    if (candidate && (!first || compareAddresses(candidate.address, first) < 0)) first = candidate.address;
  }
  return first;
}

/** As the engine orders them. */
function compareAddresses(a: ObjectAddress, b: ObjectAddress): number {
  return compareUtf8(a.bucketId, b.bucketId) || compareUtf8(a.key, b.key);
}
