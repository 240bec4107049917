import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { annotationRecordType } from '../../records/annotation-record.ts';
import { type BucketId, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { leaveToReclaim, linkContent, unlinkContent } from '../content/link-content.ts';
import type { ServiceContext } from '../service-context.ts';

/** The version that annotations hang on: its token is no other version's. */
export interface AnnotatedVersion {
  readonly bucketId: BucketId;
  readonly token: string;
}

/** Annotations of a version at most (https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html). */
export const maximumAnnotations = 1000;

const all = { prefix: '', after: undefined } as const;

/** The version is gone: the reclaim worker takes its annotations away, a thousand being too many for a commit. */
export function leaveAnnotations(
  tx: Transaction,
  { bucketId, token }: AnnotatedVersion,
  context: ServiceContext,
): void {
  const now = context.clock.now();
  leaveToReclaim(
    tx,
    { kind: 'annotations', bucketId, token },
    { id: nextTimedId(now, context.random), dueAt: now + context.storage.reclaimGraceMilliseconds },
  );
}

/**
 * Hangs the annotations of one version on another one too, without moving their bytes. Whoever changes an annotation
 * writes the record of its version: the caller has read that one in the same transaction, so the two conflict.
 */
export async function copyAnnotations(
  tx: Transaction,
  { from, to, lastModified }: { from: AnnotatedVersion; to: AnnotatedVersion; lastModified?: number },
): Promise<void> {
  for (const { key, value } of await tx.range(spans.annotations(from, all, maximumAnnotations))) {
    const record = annotationRecordType.decode(value);
    await linkContent(tx, record.content);
    writeRecord(
      tx,
      { type: annotationRecordType, key: keyspace.annotation(to.bucketId, to.token, keyParts.nameOfAnnotation(key)) },
      { ...record, lastModified: lastModified ?? record.lastModified },
    );
  }
}

/** The annotations of a version that a newer form of the same object takes the place of. As with copies. */
export async function moveAnnotations(
  tx: Transaction,
  { from, to }: { from: AnnotatedVersion; to: AnnotatedVersion },
): Promise<void> {
  for (const { key, value } of await tx.range(spans.annotations(from, all, maximumAnnotations))) {
    tx.delete(key);
    tx.put(keyspace.annotation(to.bucketId, to.token, keyParts.nameOfAnnotation(key)), value);
  }
}

/** How many are unlinked in one commit. */
const batchSize = 100;

/** What is left of a version that is gone: its annotations, and then the entry on the reclaim list. */
export async function reclaimAnnotations(
  context: ServiceContext,
  entryKey: Buffer,
  version: AnnotatedVersion,
): Promise<void> {
  for (;;) {
    const entries = await context.metadata.range(spans.annotations(version, all, batchSize));
    await context.metadata.transact(async (tx) => {
      const stored = await tx.getMany(entries.map(({ key }) => key));
      for (const [i, { key }] of entries.entries()) {
        const bytes = stored[i];
        if (!bytes) continue;
        tx.delete(key);
        await unlinkContent(tx, annotationRecordType.decode(bytes).content, context);
      }
      if (entries.length < batchSize) tx.delete(entryKey);
    });
    if (entries.length < batchSize) return;
  }
}
