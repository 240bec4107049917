import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { Recount } from './recount.ts';
import type { StoreEngines } from './table-scan.ts';
import { verifyAccessLogs } from './verify-access-logs.ts';
import { verifyAnnotations, verifyAnnotationsOf, verifyClientTokens, verifyInventories } from './verify-annotations.ts';
import { verifyBytes } from './verify-bytes.ts';
import { verifyContents, verifyLink } from './verify-contents.ts';
import { verifyEvents } from './verify-events.ts';
import { verifyIdentities } from './verify-identities.ts';
import { verifyKeys } from './verify-keys.ts';
import { verifyLifecycle } from './verify-lifecycle.ts';
import { verifyNames } from './verify-names.ts';
import { verifyReplication } from './verify-replication.ts';
import { verifyManifests, verifyReclaimList, verifyUploads } from './verify-uploads.ts';
import { verifyLockClocks, verifyUsage } from './verify-usage.ts';
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
  yield* verifyVersions(metadata, recount, async function* (where, version, bucketId) {
    const { content, size, etag, checksum, encryption } = version;
    yield* verifyLink(engines, recount, { where, content, size });
    if (bytes) yield* verifyBytes(engines, { where, content, size, etag, checksum, encryption });
    yield* verifyAnnotationsOf(metadata, recount, { where, bucketId, version });
  });
  yield* verifyAnnotations(metadata, recount, async function* (where, annotation) {
    const { content, size, etag, checksum, encryption } = annotation;
    yield* verifyLink(engines, recount, { where, content, size });
    if (bytes) yield* verifyBytes(engines, { where, content, size, etag, checksum, encryption });
  });
  yield* verifyClientTokens(metadata, recount);
  yield* verifyInventories(metadata, recount);
  yield* verifyUploads(metadata, recount, async function* (where, part) {
    yield* verifyLink(engines, recount, { where, content: part.content, size: part.size });
    // The ETag of a part without bytes may be random: its upload knows whether it is encrypted.
    if (bytes && 'etag' in part && part.content.kind !== 'empty') {
      const { content, size, etag, checksum } = part;
      yield* verifyBytes(engines, { where, content, size, etag, checksum });
    }
  });
  // Their bytes are read through the versions that link to them.
  yield* verifyManifests(metadata, recount, (where, { content, size }) =>
    verifyLink(engines, recount, { where, content, size }),
  );
  yield* verifyUsage(metadata, recount);
  yield* verifyLockClocks(metadata, recount);
  yield* verifyAccessLogs(metadata);
  yield* verifyReplication(metadata);
  yield* verifyLifecycle(metadata);
  yield* verifyEvents(metadata);
  yield* verifyKeys(metadata);
  yield* verifyIdentities(metadata);
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

async function* verifyNoOrphans({ metadata, blobs, coldBlobs }: StoreEngines): AsyncGenerator<Violation, void> {
  for (const engine of coldBlobs ? [blobs, coldBlobs] : [blobs]) {
    for await (const { id } of engine.scan()) {
      if (await metadata.get(keyspace.blob(id))) continue;
      yield violation('orphan', `blob ${id}`, { expected: 'a record', found: undefined });
    }
  }
}
