import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type AnnotationRecord, annotationRecordType } from '../../records/annotation-record.ts';
import { clientTokenRecordType } from '../../records/client-token-record.ts';
import { inventoryRecordType } from '../../records/inventory-record.ts';
import { type BucketId, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { maximumAnnotations } from '../annotations/leave-annotations.ts';
import type { Recount } from './recount.ts';
import { entriesOf, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** What hangs on one version against what its record says of it. */
export async function* verifyAnnotationsOf(
  metadata: MetadataEngine,
  recount: Recount,
  { where, bucketId, version }: { where: string; bucketId: BucketId; version: ObjectVersion },
): AsyncGenerator<Violation, void> {
  if (!version.annotations) return;
  const found = { count: 0, bytes: 0 };
  const all = { prefix: '', after: undefined };
  const span = spans.annotations({ bucketId, token: version.token }, all, maximumAnnotations + 1);
  for (const { value } of await metadata.range(span)) {
    found.count++;
    try {
      found.bytes += annotationRecordType.decode(value).size;
    } catch {
      // Told when the table itself is read.
    }
  }
  recount.annotations += found.count;
  const expected = version.annotations;
  if (found.count !== expected.count || found.bytes !== expected.bytes) {
    yield violation('annotations', where, { expected, found });
  }
}

/** The table of annotations: each hangs on a version that knows of it, or waits for the reclaim worker. */
export async function* verifyAnnotations(
  metadata: MetadataEngine,
  recount: Recount,
  check: (where: string, annotation: AnnotationRecord) => AsyncIterable<Violation>,
): AsyncGenerator<Violation, void> {
  let inUse = 0;
  for await (const entry of entriesOf(metadata, 'annotation')) {
    const [bucketId, token] = [keyParts.bucketId(entry.key), keyParts.tokenOfAnnotation(entry.key)];
    const name = keyParts.nameOfAnnotation(entry.key);
    const { record, wrong } = readEntry({ table: 'annotation', type: annotationRecordType }, entry, () =>
      keyspace.annotation(bucketId, token, name),
    );
    if (wrong) yield wrong;
    const where = `annotation ${JSON.stringify(name)} of version ${token}`;
    if (!recount.annotationsToReclaim.has(token)) inUse++;
    if (record) yield* check(where, record);
  }
  // Counted, not remembered one by one: there may be as many as there are objects.
  if (inUse !== recount.annotations) {
    yield violation('ownerless', 'annotations', { expected: `${recount.annotations} of versions`, found: inUse });
  }
}

/** How the lists of buckets stand: of buckets that are there, or on their way out. */
export async function* verifyInventories(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'inventory')) {
    const [bucketId, hash] = [keyParts.bucketId(entry.key), keyParts.hashOfInventory(entry.key)];
    const { wrong } = readEntry({ table: 'inventory', type: inventoryRecordType }, entry, () =>
      keyspace.inventory(bucketId, hash),
    );
    if (wrong) yield wrong;
    if (recount.buckets.has(bucketId) || recount.bucketsToReclaim.has(bucketId)) continue;
    yield violation('ownerless', `list of bucket id ${bucketId}`, { expected: 'a bucket', found: undefined });
  }
}

/** Each goes when its time has come. */
export async function* verifyClientTokens(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'clientToken')) {
    const [bucketId, hash] = [keyParts.bucketId(entry.key), keyParts.hashOfClientToken(entry.key)];
    const { wrong } = readEntry({ table: 'clientToken', type: clientTokenRecordType }, entry, () =>
      keyspace.clientToken(bucketId, hash),
    );
    if (wrong) yield wrong;
    if (recount.clientTokensToReclaim.has(hash)) continue;
    yield violation('unscheduled', `client token ${hash}`, {
      expected: 'an entry on the reclaim list',
      found: undefined,
    });
  }
}
