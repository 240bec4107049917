import { StorageError } from '../../domain/errors.ts';
import { onVersion } from '../../domain/grant.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const actions = { current: 's3:GetObjectTorrent', named: 's3:GetObjectVersionTorrent' } as const;

/**
 * S3 stopped making torrents in 2022 and took the operation out of its reference; old clients and ceph/s3-tests still
 * send it. It says of every object that it has none.
 */
export const getObjectTorrent = defineOperation({
  name: 'GetObjectTorrent',
  route: { method: 'GET', target: 'object', query: { torrent: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [onVersion(actions, address)],
  missing: 'torrents, which S3 withdrew in 2022: every object answers 404 NoSuchKey',
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(onVersion(actions, input), version);
    throw new StorageError('NoSuchTorrent', { fields: { Key: input.key } });
  },
});
