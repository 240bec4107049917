import { chooseChecksumType } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { timeOfTimedId } from '../../records/tokens.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { writerOf } from '../account-of.ts';
import { storingOf, writtenEncryptionReply } from '../encryption.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumAlgorithm } from '../fields/copy-fields.ts';
import { encryptionHeaders } from '../fields/encryption-fields.ts';
import { headerText } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { abortHeaders, hasLifecycle } from '../lifecycle-headers.ts';
import { newObjectGrants } from '../new-object-grants.ts';
import { ownedBy } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';

const initiateMultipartUploadResult = {
  root: 'InitiateMultipartUploadResult',
  schema: element({ Bucket: text(), Key: text(), UploadId: text() }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export const createMultipartUpload = defineOperation({
  name: 'CreateMultipartUpload',
  route: { method: 'POST', target: 'object', query: { uploads: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    description: objectDescription,
    encryption: encryptionHeaders,
    checksumAlgorithm,
    checksumType: headerText('x-amz-checksum-type'),
    acl: requestedAcl,
  },
  requires: ({ bucket, key, description, acl }) => newObjectGrants(bucket, key, { description, acl }),
  async handle({ input, access, principal }, services) {
    if (principal.kind === 'anonymous') {
      // Nobody could say later whose upload it is.
      throw new StorageError('AnonymousNotAllowed', {
        message: 'Anonymous users cannot initiate multipart uploads. Please authenticate.',
      });
    }
    const { checksumAlgorithm: algorithm } = input;
    if (algorithm === undefined && input.checksumType !== undefined) {
      throw new StorageError('InvalidRequest', {
        message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
      });
    }
    const checksumType = algorithm && chooseChecksumType(algorithm, input.checksumType);
    const bucket = access.bucket(input.bucket);
    const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
    const described = input.description.headers;
    const storing = await storingOf({ bucket, principal, headers: input.encryption, described }, services);
    const encryption = storing?.key?.encryption;
    const uploadId = await services.uploads.create({
      encryption,
      bucket,
      key: input.key,
      ownerAccountId,
      initiatorAccountId: writerOf(principal).accountId,
      description: { ...input.description, acl },
      checksumAlgorithm: algorithm,
      checksumType,
    });
    return xmlReply(
      initiateMultipartUploadResult,
      { Bucket: bucket.name, Key: input.key, UploadId: uploadId },
      {
        ...(hasLifecycle(bucket) &&
          (await abortHeaders(bucket, { key: input.key, initiatedAt: timeOfTimedId(uploadId) }, services))),
        ...writtenEncryptionReply(encryption),
        'x-amz-checksum-algorithm': algorithm,
        'x-amz-checksum-type': checksumType,
      },
    );
  },
});
