import { createHash } from 'node:crypto';
import type { BucketRecord } from '../../../src/records/bucket-record.ts';
import type { WriteId } from '../attempt.ts';
import { inventoried } from '../key-state.ts';
import type { Ledger } from '../ledger.ts';
import type { Caller, Services } from '../operation.ts';
import { bucketName } from './answers.ts';

/** The file by which a list appears: it names all the others. */
export function isManifest(key: string): boolean {
  return key.endsWith('/manifest.json');
}

type Row = readonly (string | null)[];

/** All keys of a bucket, in their order. */
export async function keysIn({ objects }: Services, { id }: BucketRecord): Promise<string[]> {
  const everything = { bucketId: id, prefix: '', delimiter: undefined, after: undefined, limit: 10_000 };
  return (await objects.list(everything)).items.flatMap((item) => (item.kind === 'entry' ? [item.entry.key] : []));
}

async function bytesIn({ objects }: Services, bucket: BucketRecord, key: string): Promise<Buffer> {
  const { version, content } = await objects.open({ bucket, key, versionId: undefined });
  const pieces: Buffer[] = [];
  try {
    await content.pour({ offset: 0, length: version.size }, (piece) => void pieces.push(Buffer.from(piece)));
  } finally {
    await content.close();
  }
  return Buffer.concat(pieces);
}

interface Manifest {
  readonly sourceBucket: string;
  readonly fileSchema: string;
  readonly files: readonly { readonly key: string; readonly size: number; readonly MD5checksum: string }[];
}

export interface ListedRow {
  readonly key: string;
  /** Undefined in lists of what is current. */
  readonly versionId: string | undefined;
  readonly etag: string | null;
}

/** A list that is there is there whole. Its rows join the history. */
export async function checkList(caller: Caller, target: BucketRecord, key: string): Promise<readonly ListedRow[]> {
  const { services, ledger, marks, plan } = caller;
  const bytes = await bytesIn(services, target, key);
  const etag = createHash('md5').update(bytes).digest('hex');
  const manifest = JSON.parse(bytes.toString()) as Manifest;
  const lines: unknown[] = [];
  let from = Number.POSITIVE_INFINITY;
  for (const file of manifest.files) {
    const content = await bytesIn(services, target, file.key);
    const md5 = createHash('md5').update(content).digest('hex');
    if (content.length !== file.size || md5 !== file.MD5checksum) ledger.violate(`a list has other bytes: ${file.key}`);
    const [first, ...rows] = content
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    from = Math.min(from, first.from);
    lines.push(...rows);
  }
  const tellsVersions = manifest.fileSchema.includes('version_id');
  const rows = (lines as Row[]).map((row) => rowOf(row, tellsVersions));
  const end = ledger.listEnds.get(etag);
  const bucket = plan.buckets.findIndex((_, index) => bucketName(index) === manifest.sourceBucket);
  if (end === undefined) ledger.violate(`nobody made the list ${key}`);
  else if (!ledger.readLists.has(etag) && manifest.files.length > 0) {
    if (manifest.files.length > 1) marks.hit('list of several files');
    noteRows(caller, rows, { bucket, tellsVersions, start: from, end });
  }
  ledger.readLists.add(etag);
  return rows;
}

function rowOf(row: Row, tellsVersions: boolean): ListedRow {
  const key = row[1]!;
  // Where versioning was never on, there is no id to tell.
  if (tellsVersions) return { key, versionId: row[2] === '' ? 'null' : row[2]!, etag: row[5] ?? null };
  return { key, versionId: undefined, etag: row[2] ?? null };
}

interface ListSpan {
  readonly bucket: number;
  readonly tellsVersions: boolean;
  readonly start: number;
  readonly end: number;
}

function noteRows(caller: Caller, rows: readonly ListedRow[], { bucket, tellsVersions, start, end }: ListSpan): void {
  const { plan, ledger, client } = caller;
  const ids = rows.flatMap(({ key, versionId }) => (versionId === 'null' ? [] : [`${key} ${versionId}`]));
  if (new Set(ids).size < ids.length) ledger.violate(`a list has a row twice: ${ids.join(', ')}`);
  for (const [key, { bucket: own, key: name }] of plan.keys.entries()) {
    if (own !== bucket) continue;
    const found = rows.filter((row) => row.key === name);
    if (tellsVersions) {
      ledger.versionListings.push({ key, start, end, ...writesOf(ledger, found) });
      continue;
    }
    const reply = inventoried(found[0] && { etag: found[0].etag ?? undefined });
    ledger.attempts.push({ client, key, step: { kind: 'inventoried' }, start, end, reply });
  }
}

/** Null versions are known by their ETags alone, which copies have as well. */
function writesOf(ledger: Ledger, rows: readonly ListedRow[]) {
  const writes = new Set<WriteId>();
  const perhaps = new Set<WriteId>();
  for (const { versionId, etag } of rows) {
    const known = ledger.writeOfVersion.get(versionId ?? '');
    if (known !== undefined) writes.add(known);
    else for (const [write, etags] of ledger.etagsOf) if (etag !== null && etags.has(etag)) perhaps.add(write);
  }
  return { writes, perhaps };
}
