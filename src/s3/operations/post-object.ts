import { quoteETag } from '../../domain/etag.ts';
import { invariant } from '../../foundation/invariant.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { encryptionHeaders } from '../fields/encryption-fields.ts';
import { objectDescription } from '../fields/object-description.ts';
import { checkedFile } from '../forms/checked-file.ts';
import { successReply } from '../forms/success-reply.ts';
import { newObjectGrants } from '../new-object-grants.ts';
import { ownedBy } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { storeObject } from '../store-object.ts';

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
  requires: ({ bucket, key, description, acl }) => newObjectGrants(bucket, key, { description, acl }),
  async handle({ input, access, principal, origin, form: upload }, services) {
    invariant(upload, 'a form was received');
    const bucket = access.bucket(input.bucket);
    const owned = await ownedBy({ bucket, principal, acl: input.acl }, services);
    const file = await checkedFile(upload.form, upload.sizes);
    const body = { ...file, trailers: noTrailers };
    const { version, headers } = await storeObject(
      { bucket, principal, origin, creation: 'post', body, owned, input },
      services,
    );
    return successReply(upload, { bucket: bucket.name, key: input.key, etag: quoteETag(version.etag) }, headers);
  },
});
