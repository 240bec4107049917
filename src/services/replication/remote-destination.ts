import { uploadLimits } from '../../domain/multipart.ts';
import type { Sink } from '../../foundation/bytes.ts';
import type { DeleteMarker, ObjectVersion } from '../../records/version-record.ts';
import { versionIdOf } from '../../records/version-record.ts';
import { ContentGoneError, type ContentReader } from '../content/read-content.ts';
import type { ObjectService } from '../objects/object-service.ts';
import type { Pace } from './pace.ts';
import { type RemoteStore, RemoteUnreachableError } from './remote-store.ts';
import { describedHeaders, descriptionHeaders, identityHeader, integrityHeaders } from './replica-headers.ts';
import { ReplicationRefusedError, requireSuccess } from './replication-refusal.ts';
import type { ReplicationSource } from './replication-source.ts';

/** A bucket of another store, and how to speak to it. */
export interface RemoteDestination {
  readonly store: RemoteStore;
  readonly bucket: string;
  /** Keeps version ids, takes descriptions of any version, and knows replicas for what they are. */
  readonly isCairn: boolean;
}

interface SendContext {
  readonly objects: ObjectService;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

type Sent<Version = ObjectVersion> = ReplicationSource & { readonly version: Version };

/** Whether a store is a Cairn: it says so. A store behind something that hides this is treated like any other S3. */
export async function isCairn(store: RemoteStore, bucket: string, signal: AbortSignal): Promise<boolean> {
  const answer = requireSuccess(await store.send({ method: 'HEAD', bucket }, signal));
  return answer.headers.server === 'Cairn';
}

/**
 * Brings one version, delete marker or description to another store. Doing it again is harmless on a Cairn; another
 * store may get a version twice. Throws ReplicationRefusedError, DestinationUnavailableError, RemoteUnreachableError.
 */
export async function replicateRemotely(
  destination: RemoteDestination,
  source: ReplicationSource,
  context: SendContext,
): Promise<void> {
  const { version } = source;
  if (version.kind === 'delete-marker') return sendMarker(destination, { ...source, version }, context);
  const sent = { ...source, version };
  if (source.mayBeThere) {
    if (
      destination.isCairn
        ? await describeOnCairn(destination, sent, context)
        : await describeNewest(destination, sent, context)
    ) {
      return;
    }
  }
  const versionId = versionIdOf(version);
  const target = { bucket: source.bucket, key: source.key, versionId };
  const { version: opened, content } = await context.objects.open(target, {
    user: { accountId: source.bucket.ownerAccountId },
  });
  try {
    // A null version may have been overwritten since.
    if (opened.token !== version.token) throw new ContentGoneError('the version was replaced');
    const parts = partSizes(opened, content);
    if (parts) await sendParts(destination, { ...sent, version: opened }, { ...context, content, parts });
    else await sendWhole(destination, { ...sent, version: opened }, { ...context, content });
  } finally {
    await content.close();
  }
}

async function sendMarker(
  { store, bucket, isCairn }: RemoteDestination,
  { key, version, isNewest, mayBeThere }: Sent<DeleteMarker>,
  { signal }: SendContext,
): Promise<void> {
  // Another store makes a delete marker of its own each time: only the one that counts, and only once.
  if (!isCairn && (mayBeThere || !isNewest)) return;
  const headers = isCairn ? identityHeader(version) : {};
  requireSuccess(await store.send({ method: 'DELETE', bucket, key, headers }, signal));
}

/** False where the replica is not there yet. */
async function describeOnCairn(
  { store, bucket }: RemoteDestination,
  { key, version }: Sent,
  { signal }: SendContext,
): Promise<boolean> {
  const source = `/${bucket}/${encodeURIComponent(key)}?versionId=${version.token}`;
  const headers = { 'x-amz-copy-source': source, ...describedHeaders(version), ...identityHeader(version) };
  const answer = await store.send({ method: 'PUT', bucket, key, headers }, signal);
  if (answer.status === 404 && !answer.text.includes('<Code>NoSuchBucket<')) return false;
  requireSuccess(answer);
  return true;
}

/** A store with ids of its own: what is said of the newest version goes to its newest, if that is the same. */
async function describeNewest(
  { store, bucket }: RemoteDestination,
  { key, version, isNewest }: Sent,
  { signal }: SendContext,
): Promise<boolean> {
  if (!isNewest) return true;
  const head = await store.send({ method: 'HEAD', bucket, key }, signal);
  if (head.status === 404) return false;
  requireSuccess(head);
  if (!isSame(head.headers, version)) return false;
  const tags = version.tags.map(([k, v]) => `<Tag><Key>${escapeXml(k)}</Key><Value>${escapeXml(v)}</Value></Tag>`);
  const query = [['tagging', '']] as const;
  const request =
    tags.length === 0
      ? ({ method: 'DELETE', bucket, key, query } as const)
      : ({
          method: 'PUT',
          bucket,
          key,
          query,
          body: Buffer.from(`<Tagging><TagSet>${tags.join('')}</TagSet></Tagging>`),
        } as const);
  requireSuccess(await store.send(request, signal));
  return true;
}

/** By size and, where both are digests of the same kind, by ETag. */
function isSame(headers: Readonly<Record<string, string | undefined>>, { size, etag }: ObjectVersion): boolean {
  if (headers['content-length'] !== String(size)) return false;
  const given = headers.etag?.replaceAll('"', '') ?? '';
  const areDigests =
    !given.includes('-') && !etag.includes('-') && headers['x-amz-server-side-encryption'] !== 'aws:kms';
  return !areDigests || given === etag;
}

function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replaceAll(/[&<>]/g, (character) => entities[character]!);
}

/** The same parts as the original's, so that the ETag is the same; undefined where one request does. */
function partSizes({ size }: ObjectVersion, { parts }: ContentReader): readonly number[] | undefined {
  const { minimumPartSize, maximumPartSize, maximumSinglePutSize, maximumPartNumber } = uploadLimits;
  const sizes = parts?.map((part) => part.size) ?? [];
  const isPossible = sizes.every(
    (part, i) => part <= maximumPartSize && part > 0 && (part >= minimumPartSize || i === sizes.length - 1),
  );
  if (sizes.length > 0 && isPossible) return sizes;
  if (size <= maximumSinglePutSize) return undefined;
  const each = Math.max(maximumSinglePutSize / 5, Math.ceil(size / maximumPartNumber));
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each));
}

type Sending = SendContext & { readonly content: ContentReader };

function paced({ content, pace, signal }: Sending, range: { readonly offset: number; readonly length: number }) {
  return {
    length: range.length,
    pour: (sink: Sink) =>
      content.pour(range, async (piece) => {
        await pace.take(piece.length, signal);
        await sink(piece);
      }),
  };
}

async function sendWhole({ store, bucket, isCairn }: RemoteDestination, sent: Sent, sending: Sending): Promise<void> {
  const { key, version, rule } = sent;
  const headers = {
    ...descriptionHeaders(version, rule),
    ...integrityHeaders(version),
    ...(isCairn && identityHeader(version)),
  };
  const body = paced(sending, { offset: 0, length: version.size });
  checkIdentity(
    isCairn,
    version,
    requireSuccess(await store.send({ method: 'PUT', bucket, key, headers, body }, sending.signal)),
  );
}

async function sendParts(
  destination: RemoteDestination,
  sent: Sent,
  sending: Sending & { readonly parts: readonly number[] },
): Promise<void> {
  const { store, bucket, isCairn } = destination;
  const { key, version, rule } = sent;
  const { signal } = sending;
  const begin = { method: 'POST', bucket, key, query: [['uploads', '']] } as const;
  const begun = requireSuccess(await store.send({ ...begin, headers: descriptionHeaders(version, rule) }, signal));
  const uploadId = /<UploadId>([^<]+)</.exec(begun.text)?.[1];
  if (uploadId === undefined) throw new RemoteUnreachableError('an upload was begun without an id');
  try {
    const etags: string[] = [];
    let offset = 0;
    for (const [i, length] of sending.parts.entries()) {
      const query = [
        ['partNumber', String(i + 1)],
        ['uploadId', uploadId],
      ] as const;
      const body = paced(sending, { offset, length });
      const answer = requireSuccess(await store.send({ method: 'PUT', bucket, key, query, body }, signal));
      etags.push(answer.headers.etag ?? '');
      offset += length;
    }
    const list = etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const headers = { 'content-type': 'application/xml', ...(isCairn && identityHeader(version)) };
    const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
    const complete = { method: 'POST', bucket, key, query: [['uploadId', uploadId]], headers, body } as const;
    checkIdentity(isCairn, version, requireSuccess(await store.send(complete, signal)));
  } catch (error) {
    const abort = { method: 'DELETE', bucket, key, query: [['uploadId', uploadId]] } as const;
    await store.send(abort, signal).catch(() => undefined);
    throw error;
  }
}

/** A store that says it is a Cairn and gives ids of its own is none: nothing would ever be found there again. */
function checkIdentity(
  isCairn: boolean,
  { token }: ObjectVersion,
  answer: { headers: Readonly<Record<string, string | undefined>> },
) {
  if (isCairn && answer.headers['x-amz-version-id'] !== token) {
    throw new ReplicationRefusedError('the destination did not keep the version id');
  }
}
