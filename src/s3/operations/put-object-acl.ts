import { StorageError } from '../../domain/errors.ts';
import { onVersion } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { accessControlPolicy, chooseAcl } from '../acl-document.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { accountBehind, resolveAcl } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { versionHeader } from '../version-header.ts';

const actions = { current: 's3:PutObjectAcl', named: 's3:PutObjectVersionAcl' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html */
export const putObjectAcl = defineOperation({
  name: 'PutObjectAcl',
  route: { method: 'PUT', target: 'object', query: { acl: true } },
  input: { bucket: bucketName, key: objectKey, versionId, acl: requestedAcl },
  body: { kind: 'xml', ...accessControlPolicy, optional: true, malformed: 'MalformedAcl' },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, origin, document }, services) {
    const { objects } = services;
    const bucket = access.bucket(input.bucket);
    if (bucket.objectOwnership === 'BucketOwnerEnforced') throw new StorageError('AccessControlListNotSupported');
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'acl', origin } as const;
    const changed = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(onVersion(actions, input), found);
      const owner = await accountBehind(found.ownerAccountId, services);
      const requested = chooseAcl({ header: input.acl, document, owner });
      const bucketOwner = await accountBehind(bucket.ownerAccountId, services);
      const acl = await resolveAcl(requested, { owner, bucketOwner, bucket }, services);
      return (version) => ({ ...version, acl });
    });
    return emptyReply(200, versionHeader(bucket, changed));
  },
});
