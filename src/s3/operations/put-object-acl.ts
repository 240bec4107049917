import { StorageError } from '../../domain/errors.ts';
import { onVersion } from '../../domain/grant.ts';
import { accessControlPolicy, chooseAcl } from '../acl-document.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { accountBehind, resolveAcl } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import { emptyReply } from '../reply.ts';
import { versionHeader } from '../version-header.ts';

const actions = { current: 's3:PutObjectAcl', named: 's3:PutObjectVersionAcl' } as const;

/** Objects that are replaced between being weighed and being changed are weighed again, this often at most. */
const attempts = 10;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html */
export const putObjectAcl = defineOperation({
  name: 'PutObjectAcl',
  route: { method: 'PUT', target: 'object', query: { acl: true } },
  input: { bucket: bucketName, key: objectKey, versionId, acl: requestedAcl },
  body: { kind: 'xml', ...accessControlPolicy, optional: true, malformed: 'MalformedAcl' },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, document }, services) {
    const { objects } = services;
    const bucket = access.bucket(input.bucket);
    if (bucket.objectOwnership === 'BucketOwnerEnforced') throw new StorageError('AccessControlListNotSupported');
    const target = { bucket, key: input.key, versionId: input.versionId };
    for (let attempt = 1; attempt <= attempts; attempt++) {
      // Changes nothing: finds the version as a change finds it.
      const seen = await objects.change(target, (version) => version);
      // Once more, for this very version: what the gate weighed at first may have been replaced by somebody else's.
      await access.require(onVersion(actions, input));
      const owner = await accountBehind(seen.ownerAccountId, services);
      const requested = chooseAcl({ header: input.acl, document, owner });
      const bucketOwner = await accountBehind(bucket.ownerAccountId, services);
      const acl = await resolveAcl(requested, { owner, bucketOwner, bucket }, services);
      const changed = await objects.change(target, (version) =>
        version.token === seen.token ? { ...version, acl } : version,
      );
      if (changed.token === seen.token) return emptyReply(200, versionHeader(bucket, changed));
    }
    throw new StorageError('OperationAborted');
  },
});
