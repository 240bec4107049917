import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { annotationRecordType } from '../../records/annotation-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { type ContentId, keyParts, type TableName } from '../../records/keyspace.ts';
import type { RecordType } from '../../records/record-type.ts';
import { manifestRecordType, partRecordType } from '../../records/upload-record.ts';
import { type Content, versionRecordType } from '../../records/version-record.ts';
import { entriesOf } from './table-scan.ts';

export interface NamedContent {
  readonly id: ContentId;
  /** The version of an object, or the part of an open upload, that is made of it. */
  readonly where: string;
}

/** Tells what is made of these contents; nothing for one that nothing links to. */
export async function* nameContents(
  metadata: MetadataEngine,
  contents: ReadonlySet<ContentId>,
): AsyncGenerator<NamedContent, void> {
  /** By the id that a record links to: those of `contents` behind it. */
  const wanted = new Map<ContentId, ContentId[]>([...contents].map((id) => [id, [id]]));
  const behind = (content: Content) => (content.kind === 'empty' ? [] : (wanted.get(content.id) ?? []));
  const named = (content: Content, where: string) => behind(content).map((id) => ({ id, where }));
  for await (const [key, manifest] of decoded(metadata, 'manifest', manifestRecordType)) {
    const ids = manifest.parts.flatMap((part) => behind(part.content));
    if (ids.length > 0) wanted.set(keyParts.idAfterTable(key), ids);
  }
  const buckets = new Map<string, string>();
  for await (const [, { id, name }] of decoded(metadata, 'bucket', bucketRecordType)) buckets.set(id, name);
  for (const table of ['current', 'noncurrent'] as const) {
    for await (const [key, version] of decoded(metadata, table, versionRecordType)) {
      if (version.kind !== 'object') continue;
      const name = table === 'current' ? keyParts.objectKeyOfCurrent(key) : keyParts.objectKeyOfEnded(key);
      const bucket = buckets.get(keyParts.bucketId(key)) ?? `bucket id ${keyParts.bucketId(key)}`;
      yield* named(version.content, `object ${bucket}/${JSON.stringify(name)} version ${version.token}`);
    }
  }
  for await (const [key, { content }] of decoded(metadata, 'annotation', annotationRecordType)) {
    const name = JSON.stringify(keyParts.nameOfAnnotation(key));
    yield* named(content, `annotation ${name} of version ${keyParts.tokenOfAnnotation(key)}`);
  }
  for await (const [key, part] of decoded(metadata, 'part', partRecordType)) {
    yield* named(part.content, `part ${keyParts.partNumber(key)} of upload ${keyParts.uploadIdOfPart(key)}`);
  }
}

/** Whatever does not decode is told elsewhere. */
async function* decoded<T>(
  metadata: MetadataEngine,
  table: TableName,
  type: RecordType<T>,
): AsyncGenerator<readonly [key: Buffer, record: T], void> {
  for await (const { key, value } of entriesOf(metadata, table)) {
    let record: T;
    try {
      record = type.decode(value);
    } catch {
      continue;
    }
    yield [key, record];
  }
}
