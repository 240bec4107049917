import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onObject } from '../../domain/grant.ts';
import { invariant } from '../../foundation/invariant.ts';
import { storingOf, writtenEncryptionReply } from '../encryption.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { encryptionHeaders } from '../fields/encryption-fields.ts';
import { objectDescription } from '../fields/object-description.ts';
import { checkedFile } from '../forms/checked-file.ts';
import { successReply } from '../forms/success-reply.ts';
import { expirationHeader, hasLifecycle } from '../lifecycle-headers.ts';
import { lockGrants } from '../object-lock.ts';
import { ownedBy } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { receiveBody } from '../receive-body.ts';
import { writtenVersionHeader } from '../version-header.ts';

const noTrailers = () => ({});

/**
 * An upload from a browser's form; its fields stand in the head, as the headers of a PUT do.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export const postObject = defineOperation({
  name: 'PostObject',
  route: { method: 'POST', target: 'bucket' },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    description: objectDescription,
    encryption: encryptionHeaders,
    conditions: writeConditions,
    digests: readBodyDigests,
    acl: requestedAcl,
  },
  body: { kind: 'form' },
  requires: ({ bucket, key, description, acl }) => [
    onObject('s3:PutObject', bucket, key),
    ...(description.tags.length > 0 ? [onNewObject('s3:PutObjectTagging', bucket, key)] : []),
    ...(acl ? [onNewObject('s3:PutObjectAcl', bucket, key)] : []),
    ...lockGrants(bucket, key, description),
  ],
  async handle({ input, access, principal, origin, form: upload }, services) {
    invariant(upload, 'a form was received');
    const bucket = access.bucket(input.bucket);
    const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
    const file = await checkedFile(upload.form, upload.sizes);
    const body = { ...file, trailers: noTrailers };
    const storing = await storingOf(
      { bucket, principal, headers: input.encryption, described: input.description.headers },
      services,
    );
    const { staged, checksum } = await receiveBody(
      { body, digests: input.digests, also: [], storing },
      services.objects,
    );
    const version = await services.objects.commit(staged, {
      creation: 'post',
      origin,
      bucket,
      key: input.key,
      ownerAccountId,
      description: { ...input.description, acl },
      conditions: input.conditions,
      checksum,
    });
    return successReply(
      upload,
      { bucket: bucket.name, key: input.key, etag: quoteETag(version.etag) },
      {
        ...(hasLifecycle(bucket) && (await expirationHeader(bucket, { key: input.key, version }, services))),
        ...writtenVersionHeader(version),
        ...writtenEncryptionReply(version.encryption),
        ...checksumHeaders(checksum),
      },
    );
  },
});
