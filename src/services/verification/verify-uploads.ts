import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import { reclaimRecordType } from '../../records/reclaim-record.ts';
import {
  completedUploadRecordType,
  type ManifestPart,
  manifestRecordType,
  type PartRecord,
  partRecordType,
  uploadRecordType,
} from '../../records/upload-record.ts';
import type { Recount } from './recount.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** What is looked at besides the part's place: its content. */
export type PartCheck = (where: string, part: PartRecord | ManifestPart) => AsyncIterable<Violation>;

/** Reads the reclaim list: what it names is on its way out, and judged by other rules than what is in use. */
export async function* verifyReclaimList(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'reclaim')) {
    const { key } = entry;
    const { record, wrong } = readEntry({ table: 'reclaim', type: reclaimRecordType }, entry, () =>
      keyspace.reclaim(keyParts.reclaimDueAt(key), keyParts.reclaimId(key)),
    );
    if (wrong) yield wrong;
    if (!record) continue;
    recount.expect(record);
    if (record.kind === 'bucket' && recount.buckets.has(record.bucketId)) {
      yield violation('reclaim-of-used', entryName('reclaim', key), {
        expected: 'a bucket that is gone',
        found: recount.nameOf(record.bucketId),
      });
    }
  }
}

/** Uploads in progress, their parts, and the answers of those that were completed. */
export async function* verifyUploads(
  metadata: MetadataEngine,
  recount: Recount,
  check: PartCheck,
): AsyncGenerator<Violation, void> {
  yield* verifyOpenUploads(metadata, recount);
  yield* verifyParts(metadata, recount, check);
  yield* verifyCompleted(metadata, recount);
}

async function* verifyOpenUploads(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'upload')) {
    const { key } = entry;
    const address = { bucketId: keyParts.bucketId(key), key: keyParts.objectKeyOfEnded(key) };
    const uploadId = keyParts.tokenOfEnded(key);
    const { record, wrong } = readEntry({ table: 'upload', type: uploadRecordType }, entry, () =>
      keyspace.upload(address, uploadId),
    );
    if (wrong) yield wrong;
    recount.uploads.set(uploadId, address.bucketId);
    if (!record) continue;
    recount.add(address.bucketId, { uploads: 1 });
    const where = `upload ${uploadId} of ${recount.nameOf(address.bucketId)}/${JSON.stringify(address.key)}`;
    if (!recount.buckets.has(address.bucketId) && !recount.bucketsToReclaim.has(address.bucketId)) {
      yield violation('ownerless', where, { expected: 'a bucket', found: undefined });
    }
    if (recount.uploadsToReclaim.has(uploadId)) {
      yield violation('reclaim-of-used', where, { expected: 'to stay', found: 'its parts on the reclaim list' });
    }
  }
}

async function* verifyParts(
  metadata: MetadataEngine,
  recount: Recount,
  check: PartCheck,
): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'part')) {
    const uploadId = keyParts.uploadIdOfPart(entry.key);
    const partNumber = keyParts.partNumber(entry.key);
    const { record, wrong } = readEntry({ table: 'part', type: partRecordType }, entry, () =>
      keyspace.part(uploadId, partNumber),
    );
    if (wrong) yield wrong;
    if (!record) continue;
    const where = `part ${partNumber} of upload ${uploadId}`;
    const bucketId = recount.uploads.get(uploadId) ?? recount.uploadsToReclaim.get(uploadId);
    if (bucketId === undefined) {
      yield violation('ownerless', where, { expected: 'an upload, open or on the reclaim list', found: undefined });
    } else recount.add(bucketId, { uploadBytes: record.size });
    yield* check(where, record);
  }
}

async function* verifyCompleted(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'completedUpload')) {
    const { key } = entry;
    const address = { bucketId: keyParts.bucketId(key), key: keyParts.objectKeyOfEnded(key) };
    const uploadId = keyParts.tokenOfEnded(key);
    const { wrong } = readEntry({ table: 'completedUpload', type: completedUploadRecordType }, entry, () =>
      keyspace.completedUpload(address, uploadId),
    );
    if (wrong) yield wrong;
    if (!recount.completedToReclaim.has(uploadId)) {
      yield violation('unscheduled', `answer of upload ${uploadId}`, {
        expected: 'an entry on the reclaim list',
        found: undefined,
      });
    }
  }
}

/** The lists of parts of completed objects. */
export async function* verifyManifests(
  metadata: MetadataEngine,
  recount: Recount,
  check: PartCheck,
): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'manifest')) {
    const id = keyParts.idAfterTable(entry.key);
    const { record, wrong } = readEntry({ table: 'manifest', type: manifestRecordType }, entry, () =>
      keyspace.manifest(id),
    );
    if (wrong) yield wrong;
    // Its blobs go before their records, and the list itself goes last.
    if (!record || recount.contentsToReclaim.has(id)) continue;
    let previous = 0;
    for (const part of record.parts) {
      const where = `part ${part.partNumber} of content ${id}`;
      if (part.partNumber <= previous) {
        yield violation('version-order', where, { expected: `a number above ${previous}`, found: part.partNumber });
      }
      previous = part.partNumber;
      yield* check(where, part);
    }
  }
}
