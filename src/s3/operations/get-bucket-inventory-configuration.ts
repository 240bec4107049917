import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { inventoryConfiguration, inventoryId, showInventory } from '../inventory-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketInventoryConfiguration.html */
export const getBucketInventoryConfiguration = defineOperation({
  name: 'GetBucketInventoryConfiguration',
  route: { method: 'GET', target: 'bucket', query: { inventory: true, id: true } },
  input: { bucket: bucketName, id: inventoryId },
  requires: ({ bucket }) => [onBucket('s3:GetInventoryConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const list = await bucketSettings.read(access.bucket(input.bucket), inventorySetting);
    const configuration = list?.find(({ id }) => id === input.id);
    if (!configuration) throw new StorageError('NoSuchConfiguration');
    return xmlReply(inventoryConfiguration, showInventory(configuration));
  },
});
