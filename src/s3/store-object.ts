import { quoteETag } from '../domain/etag.ts';
import type { WriteConditions } from '../domain/preconditions.ts';
import type { Principal } from '../domain/principal.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion, StoredChecksum } from '../records/version-record.ts';
import type { ChangeOrigin, Creation } from '../services/changes/object-change.ts';
import type { ObjectDescription } from '../services/objects/object-description.ts';
import type { Replica } from '../services/objects/replica.ts';
import type { ReplyHeaders } from '../wire/reply.ts';
import { storingOf, writtenEncryptionReply } from './encryption.ts';
import { type BodyDigests, checksumHeaders } from './fields/body-digests.ts';
import type { EncryptionHeaders } from './fields/encryption-fields.ts';
import { expirationHeader, hasLifecycle } from './lifecycle-headers.ts';
import type { Owned } from './object-ownership.ts';
import { type Reception, receiveBody } from './receive-body.ts';
import type { S3Services } from './s3-services.ts';

/** A body that is to become an object, whose writer may write it. */
export interface NewObject {
  readonly bucket: BucketRecord;
  readonly principal: Principal;
  readonly origin: ChangeOrigin;
  readonly creation: Creation;
  readonly body: Reception['body'];
  readonly owned: Owned;
  readonly replica?: Replica | undefined;
  readonly input: {
    readonly key: string;
    readonly description: ObjectDescription;
    readonly encryption: EncryptionHeaders | undefined;
    readonly conditions: WriteConditions;
    readonly digests: BodyDigests;
  };
}

export interface StoredObject {
  readonly version: ObjectVersion;
  /** What the answer tells of it. */
  readonly headers: ReplyHeaders;
}

/** What PutObject and a browser's form come to: the body becomes the newest version of its key. */
export async function storeObject(newObject: NewObject, services: S3Services): Promise<StoredObject> {
  const { bucket, principal, origin, creation, body, owned, replica, input } = newObject;
  const { key, description, encryption, conditions, digests } = input;
  const stored = storingOf({ bucket, principal, headers: encryption, described: description.headers }, services);
  const storing = stored instanceof Promise ? await stored : stored;
  const { staged, checksum } = await receiveBody({ body, digests, also: noAlgorithms, storing }, services.objects);
  const version = await services.objects.commit(staged, {
    bucket,
    key,
    ownerAccountId: owned.ownerAccountId,
    description: { ...description, acl: owned.acl },
    conditions,
    checksum,
    origin,
    creation,
    replica,
  });
  const headers = writtenHeaders(version, checksum);
  if (hasLifecycle(bucket)) Object.assign(headers, await expirationHeader(bucket, { key, version }, services));
  return { version, headers };
}

const noAlgorithms: Reception['also'] = [];

function writtenHeaders(version: ObjectVersion, checksum: StoredChecksum | undefined): ReplyHeaders {
  const headers: ReplyHeaders = { ETag: quoteETag(version.etag) };
  if (!version.isNull) headers['x-amz-version-id'] = version.token;
  if (version.encryption) Object.assign(headers, writtenEncryptionReply(version.encryption));
  if (checksum) Object.assign(headers, checksumHeaders(checksum));
  return headers;
}
