import { BlobCorruptError, BlobMissingError } from '../../engines/blobs/blob-engine.ts';
import { readCounters } from '../../engines/metadata/metadata-engine.ts';
import { annotationRecordType } from '../../records/annotation-record.ts';
import { type BlobRecord, blobRecordType } from '../../records/blob-record.ts';
import { type ContentId, keyParts, keyspace, type TableName } from '../../records/keyspace.ts';
import type { RecordType } from '../../records/record-type.ts';
import { type Manifest, manifestRecordType, partRecordType } from '../../records/upload-record.ts';
import { type Content, versionRecordType } from '../../records/version-record.ts';
import { blobsOf } from '../content/blobs-of.ts';
import { openInline } from '../content/stage-content.ts';
import { storedLength } from '../content/stored-form.ts';
import type { Recount } from './recount.ts';
import { entriesOf, entryName, readEntry, type StoreEngines } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** A content, where it is linked from and how long it must be. */
export interface LinkedContent {
  readonly where: string;
  readonly content: Content;
  readonly size: number;
}

/** Whether a content that something links to is there, and as long as the link says. */
export async function* verifyLink(
  { metadata }: StoreEngines,
  recount: Recount,
  { where, content, size }: LinkedContent,
): AsyncGenerator<Violation, void> {
  if (content.kind !== 'empty') recount.links++;
  const found = await lengthOf({ metadata }, content);
  if (found === undefined) {
    yield violation('content-missing', where, { expected: `${content.kind} content`, found: undefined });
    return;
  }
  const length = storedLength(content, size);
  if (found.length !== length) yield violation('size', where, { expected: `${length} bytes`, found: found.length });
  if (content.kind === 'parts' && found.parts !== content.count) {
    yield violation('size', where, { expected: `${content.count} parts`, found: found.parts });
  }
}

async function lengthOf(
  { metadata }: Pick<StoreEngines, 'metadata'>,
  content: Content,
): Promise<{ length: number; parts?: number } | undefined> {
  if (content.kind === 'empty') return { length: 0 };
  if (content.kind === 'inline') {
    const sealed = await metadata.get(keyspace.inlineContent(content.id));
    return sealed && { length: sealed.length - sealLength };
  }
  try {
    if (content.kind === 'blob') {
      const stored = await metadata.get(keyspace.blob(content.id));
      const length = stored && blobRecordType.decode(stored).length;
      return length === undefined ? undefined : { length };
    }
    const stored = await metadata.get(keyspace.manifest(content.id));
    return stored && lengthOfManifest(manifestRecordType.decode(stored));
  } catch {
    // Told when the record's own table is read; as long as that, nobody can say how long it is.
    return undefined;
  }
}

function lengthOfManifest({ parts }: Manifest): { length: number; parts: number } {
  return { length: parts.reduce((sum, part) => sum + part.size, 0), parts: parts.length };
}

/** The checksum in front of inline bytes. */
const sealLength = 4;

/** Every content against the links that lead to it. */
export async function* verifyContents(
  engines: StoreEngines,
  recount: Recount,
  linksPerPass: number,
): AsyncGenerator<Violation, void> {
  const passes = Math.ceil(recount.links / linksPerPass) || 1;
  for (let pass = 0; pass < passes; pass++) {
    // The last digits of an id are random, so that passes are about equal.
    const isIncluded = (id: ContentId) => Number.parseInt(id.slice(-6), 16) % passes === pass;
    yield* new ContentPass(engines, recount, isIncluded).run();
  }
}

class ContentPass {
  readonly #engines: StoreEngines;
  readonly #recount: Recount;
  readonly #isIncluded: (id: ContentId) => boolean;
  readonly #links = new Map<ContentId, number>();
  /** Parts of contents on the reclaim list: their blobs may be gone already. */
  readonly #leaving = new Set<ContentId>();

  constructor(engines: StoreEngines, recount: Recount, isIncluded: (id: ContentId) => boolean) {
    this.#engines = engines;
    this.#recount = recount;
    this.#isIncluded = isIncluded;
  }

  async *run(): AsyncGenerator<Violation, void> {
    await this.#countLinks();
    yield* this.#inlineContents();
    yield* this.#manifests();
    yield* this.#blobs();
    yield* this.#counters();
  }

  async #countLinks(): Promise<void> {
    for (const table of ['current', 'noncurrent'] as const) {
      await this.#each(table, versionRecordType, (version) => {
        if (version.kind === 'object') this.#count(version.content);
      });
    }
    await this.#each('part', partRecordType, ({ content }) => this.#count(content));
    await this.#each('annotation', annotationRecordType, ({ content }) => this.#count(content));
    await this.#each('manifest', manifestRecordType, ({ parts }, key) => {
      const isLeaving = this.#recount.contentsToReclaim.has(keyParts.idAfterTable(key));
      for (const { content } of parts) {
        this.#count(content);
        if (isLeaving && content.kind !== 'empty') this.#leaving.add(content.id);
      }
    });
  }

  /** What does not decode has been told already. */
  async #each<T>(table: TableName, type: RecordType<T>, take: (record: T, key: Buffer) => void): Promise<void> {
    for await (const { key, value } of entriesOf(this.#engines.metadata, table)) {
      let record: T;
      try {
        record = type.decode(value);
      } catch {
        continue;
      }
      take(record, key);
    }
  }

  #count(content: Content): void {
    if (content.kind === 'empty' || !this.#isIncluded(content.id)) return;
    this.#links.set(content.id, (this.#links.get(content.id) ?? 0) + 1);
  }

  async *#inlineContents(): AsyncGenerator<Violation, void> {
    for await (const { key, value } of entriesOf(this.#engines.metadata, 'inlineContent')) {
      const id = keyParts.idAfterTable(key);
      if (!this.#isIncluded(id)) continue;
      const where = `inline content ${id}`;
      yield* this.#standing(where, id);
      if (!openInline(value)) {
        yield violation('bytes', where, { expected: 'the bytes of its checksum', found: 'others' });
      }
    }
  }

  async *#manifests(): AsyncGenerator<Violation, void> {
    for await (const { key } of entriesOf(this.#engines.metadata, 'manifest')) {
      const id = keyParts.idAfterTable(key);
      if (this.#isIncluded(id)) yield* this.#standing(`list of parts ${id}`, id);
    }
  }

  async *#blobs(): AsyncGenerator<Violation, void> {
    for await (const entry of entriesOf(this.#engines.metadata, 'blob')) {
      const id = keyParts.idAfterTable(entry.key);
      if (!this.#isIncluded(id)) continue;
      const { record, wrong } = readEntry({ table: 'blob', type: blobRecordType }, entry, () => keyspace.blob(id));
      if (wrong) yield wrong;
      const where = `blob ${id}`;
      yield* this.#standing(where, id);
      if (record?.length !== undefined && !this.#isLeaving(id)) yield* this.#stored(where, id, record);
    }
  }

  #isLeaving(id: ContentId): boolean {
    return this.#recount.contentsToReclaim.has(id) || this.#leaving.has(id);
  }

  async *#stored(where: string, id: ContentId, { length, isCold }: BlobRecord): AsyncGenerator<Violation, void> {
    if (isCold && !this.#engines.coldBlobs) {
      yield violation('blob-missing', where, { expected: `${length} bytes`, found: 'no directory for cold data' });
      return;
    }
    try {
      const reader = await blobsOf(this.#engines, isCold ? { isCold } : undefined).open(id);
      await reader.close();
      if (reader.length !== length) {
        yield violation('size', where, { expected: `${length} bytes`, found: reader.length });
      }
    } catch (error) {
      if (error instanceof BlobMissingError) {
        yield violation('blob-missing', where, { expected: `${length} bytes`, found: undefined });
      } else if (error instanceof BlobCorruptError) {
        yield violation('bytes', where, { expected: `${length} bytes`, found: error.message });
      } else throw error;
    }
  }

  /** A content is linked, or on the reclaim list, and not both; its counter holds the links beyond the first. */
  *#standing(where: string, id: ContentId): Generator<Violation, void> {
    const isLinked = this.#links.has(id);
    const isOnList = this.#recount.contentsToReclaim.has(id);
    if (isLinked && isOnList) {
      yield violation('reclaim-of-used', where, { expected: 'to stay', found: 'it on the reclaim list' });
    } else if (!isLinked && !isOnList) {
      yield violation('unlinked', where, { expected: 'a link, or an entry on the reclaim list', found: undefined });
    }
  }

  async *#counters(): AsyncGenerator<Violation, void> {
    const { metadata } = this.#engines;
    for await (const { key, value } of entriesOf(metadata, 'links')) {
      const id = keyParts.idAfterTable(key);
      if (!this.#isIncluded(id)) continue;
      if (value.length !== 8) {
        yield violation('unreadable', entryName('links', key), { expected: '8 bytes', found: value.length });
        continue;
      }
      const [found] = readCounters(value, 1) as [number];
      const expected = Math.max(0, (this.#links.get(id) ?? 0) - 1);
      if (found !== expected) {
        yield violation('links', `content ${id}`, { expected: `${expected} beyond the first`, found });
      }
    }
    for (const [id, links] of this.#links) {
      if (links < 2 || (await metadata.get(keyspace.links(id)))) continue;
      yield violation('links', `content ${id}`, { expected: `${links - 1} beyond the first`, found: 0 });
    }
  }
}
