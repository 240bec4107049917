import { onBucket } from '../../domain/grant.ts';
import { withoutInventory } from '../../domain/inventory/inventory-configuration.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { forgetInventory } from '../../services/inventory/forget-inventory.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { inventoryId } from '../inventory-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketInventoryConfiguration.html */
export const deleteBucketInventoryConfiguration = defineOperation({
  name: 'DeleteBucketInventoryConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { inventory: true } },
  input: { bucket: bucketName, id: inventoryId },
  requires: ({ bucket }) => [onBucket('s3:PutInventoryConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const bucket = access.bucket(input.bucket);
    await bucketSettings.amend(bucket, inventorySetting, (list, tx) => {
      const left = withoutInventory(list ?? [], input.id);
      forgetInventory(tx, bucket.id, input.id);
      return left.length > 0 ? left : undefined;
    });
    return emptyReply(204);
  },
});
