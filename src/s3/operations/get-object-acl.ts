import { onVersion } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { accessControlPolicy, aclDocument } from '../acl-document.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { accountBehind, shownOwnerId } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { versionHeader } from '../version-header.ts';

const actions = { current: 's3:GetObjectAcl', named: 's3:GetObjectVersionAcl' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html */
export const getObjectAcl = defineOperation({
  name: 'GetObjectAcl',
  route: { method: 'GET', target: 'object', query: { acl: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access }, services) {
    const bucket = access.bucket(input.bucket);
    const version = await services.objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(onVersion(actions, input), version);
    const owner = await accountBehind(shownOwnerId(bucket, version), services);
    // Where ACLs are off, one that was set before counts no more, but is kept for when they are on again.
    const acl = bucket.objectOwnership === 'BucketOwnerEnforced' ? undefined : version.acl;
    return xmlReply(
      accessControlPolicy,
      await aclDocument(acl, owner, services.identity),
      versionHeader(bucket, version),
    );
  },
});
