import { onNewObject } from '../../domain/grant.ts';
import { checkSinglePutSize } from '../../domain/multipart.ts';
import { whenReady } from '../../foundation/bytes.ts';
import { emptyReply } from '../../wire/reply.ts';
import { appendToObject } from '../append-object.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { readBodyDigests } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { encryptionHeaders } from '../fields/encryption-fields.ts';
import { headerInteger } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { originOf, replica } from '../fields/replica-field.ts';
import { newObjectGrants } from '../new-object-grants.ts';
import { checkLockedUpload } from '../object-lock.ts';
import { ownedBy } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { storeObject } from '../store-object.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export const putObject = defineOperation({
  name: 'PutObject',
  route: { method: 'PUT', target: 'object' },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    description: objectDescription,
    encryption: encryptionHeaders,
    conditions: writeConditions,
    digests: readBodyDigests,
    acl: requestedAcl,
    offset: headerInteger('x-amz-write-offset-bytes', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    replica,
  },
  body: { kind: 'stream', checkGrowingSize: checkSinglePutSize },
  requires({ bucket, key, description, acl, replica }) {
    const grants = newObjectGrants(bucket, key, { description, acl });
    if (replica) grants.push(onNewObject('s3:ReplicateObject', bucket, key));
    return grants;
  },
  handle({ input, access, principal, origin, body }, services) {
    const bucket = access.bucket(input.bucket);
    if (input.offset !== undefined) {
      return appendToObject({ bucket, principal, origin, body, input, offset: input.offset }, services);
    }
    return whenReady(ownedBy({ bucket, principal, acl: input.acl }, services), (owned) => {
      if (body.length !== undefined) checkSinglePutSize(body.length);
      checkLockedUpload(input.description, bucket, input.digests);
      const { replica } = input;
      const made = { bucket, principal, origin: originOf(origin, replica), creation: 'put', replica } as const;
      return storeObject({ ...made, body, owned, input }, services).then(({ headers }) => emptyReply(200, headers));
    });
  },
});
