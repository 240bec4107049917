import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { counterNames, usageOf } from '../../records/usage-record.ts';
import { noUsage, Recount } from './recount.ts';
import { entriesOf, entryName, type StoreEngines } from './table-scan.ts';
import { verifyAccessLogs } from './verify-access-logs.ts';
import { verifyBytes } from './verify-bytes.ts';
import { verifyContents, verifyLink } from './verify-contents.ts';
import { verifyNames } from './verify-names.ts';
import { verifyManifests, verifyReclaimList, verifyUploads } from './verify-uploads.ts';
import { verifyVersions } from './verify-versions.ts';
import { type Violation, violation } from './violation.ts';

export interface VerifyOptions {
  /** Reads every byte and holds it against the recorded checksums and ETags: as slow as the disk. */
  readonly bytes?: boolean;
  /** Tells of blobs that no record speaks of, too: ones in the making, or remains of a crash. */
  readonly orphans?: boolean;
  /** How many links to contents are counted in memory at a time, about 100 bytes each. More links take more passes. */
  readonly linksPerPass?: number;
}

/**
 * Recounts the whole store and tells of every promise that it breaks; nothing for a sound one. Reads only, and reads in
 * batches from different moments: a store that is being written to meanwhile may seem broken where it is not. Memory
 * stays bounded whatever the number of objects.
 */
export async function* verifyStore(
  engines: StoreEngines,
  { bytes = false, orphans = false, linksPerPass = 1_000_000 }: VerifyOptions = {},
): AsyncGenerator<Violation, void> {
  const { metadata } = engines;
  const recount = new Recount();
  yield* verifyNoForeignEntries(metadata);
  yield* verifyNames(metadata, recount);
  yield* verifyReclaimList(metadata, recount);
  yield* verifyVersions(metadata, recount, async function* (where, { content, size, etag, checksum }) {
    yield* verifyLink(engines, recount, { where, content, size });
    if (bytes) yield* verifyBytes(engines, { where, content, etag, checksum });
  });
  yield* verifyUploads(metadata, recount, async function* (where, part) {
    yield* verifyLink(engines, recount, { where, content: part.content, size: part.size });
    if (bytes && 'etag' in part) {
      yield* verifyBytes(engines, { where, content: part.content, etag: part.etag, checksum: part.checksum });
    }
  });
  // Their bytes are read through the versions that link to them.
  yield* verifyManifests(metadata, recount, (where, { content, size }) =>
    verifyLink(engines, recount, { where, content, size }),
  );
  yield* verifyUsage(metadata, recount);
  yield* verifyAccessLogs(metadata);
  yield* verifyContents(engines, recount, linksPerPass);
  if (orphans) yield* verifyNoOrphans(engines);
}

async function* verifyNoForeignEntries(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  for (const span of spans.gaps()) {
    for (const { key } of await metadata.range(span)) {
      yield violation('foreign-entry', `key ${key.toString('hex')}`, { expected: undefined, found: 'an entry' });
    }
  }
}

async function* verifyUsage(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  const counted = new Set<string>();
  for await (const { key, value } of entriesOf(metadata, 'usage')) {
    const bucketId = keyParts.idAfterTable(key);
    counted.add(bucketId);
    if (value.length % 8 !== 0 || value.length > counterNames.length * 8) {
      yield violation('unreadable', entryName('usage', key), { expected: 'counters', found: `${value.length} bytes` });
      continue;
    }
    const expected = recount.usage.get(bucketId) ?? noUsage;
    const found = usageOf(value);
    if (counterNames.some((name) => expected[name] !== found[name])) {
      yield violation('usage', recount.nameOf(bucketId), { expected, found });
    }
  }
  for (const [bucketId, expected] of recount.usage) {
    if (counted.has(bucketId) || counterNames.every((name) => expected[name] === 0)) continue;
    yield violation('usage', recount.nameOf(bucketId), { expected, found: noUsage });
  }
}

async function* verifyNoOrphans({ metadata, blobs }: StoreEngines): AsyncGenerator<Violation, void> {
  for await (const { id } of blobs.scan()) {
    if (await metadata.get(keyspace.blob(id))) continue;
    yield violation('orphan', `blob ${id}`, { expected: 'a record', found: undefined });
  }
}
