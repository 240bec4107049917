import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { type InventoryConfiguration, withInventory } from '../../domain/inventory/inventory-configuration.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { inventoryConfiguration, inventoryId, readInventory } from '../inventory-document.ts';
import { defineOperation } from '../operation.ts';
import { withInventoryFields } from '../request-conditions.ts';
import type { S3Services } from '../s3-services.ts';

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html
 *
 * A list tells all keys of the bucket, to whoever reads the destination: only the bucket's owner may have one made.
 */
export const putBucketInventoryConfiguration = defineOperation({
  name: 'PutBucketInventoryConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { inventory: true } },
  input: { bucket: bucketName, id: inventoryId },
  body: { kind: 'xml', ...inventoryConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutInventoryConfiguration', bucket)],
  missing: 'ORC',
  async handle({ input, access, principal, document }, services) {
    const bucket = access.bucket(input.bucket);
    const isOwner = principal.kind !== 'anonymous' && principal.account.accountId === bucket.ownerAccountId;
    if (!isOwner) throw new StorageError('AccessDenied');
    const configuration = readInventory(document, input.id);
    // A policy may ask which fields the list tells, which only the body says.
    const conditions = withInventoryFields(access.request.conditions, configuration.fields);
    await access.require(onBucket('s3:PutInventoryConfiguration', input.bucket), conditions);
    const ownerAccountId = await ownerOfDestination(configuration, services);
    const kept = { ...configuration, destination: { ...configuration.destination, ownerAccountId } };
    await services.bucketSettings.amend(bucket, inventorySetting, (list) => withInventory(list ?? [], kept));
    return emptyReply(200);
  },
});

/** Its policy is asked when a list is delivered: it may change until then. */
async function ownerOfDestination({ destination }: InventoryConfiguration, { buckets }: S3Services): Promise<string> {
  const bucket = await buckets.find(destination.bucket);
  if (!bucket)
    throw new StorageError('InvalidInventoryDestination', { message: 'There is no such destination bucket.' });
  if (destination.accountId === undefined || destination.accountId === bucket.ownerAccountId) {
    return bucket.ownerAccountId;
  }
  throw new StorageError('InvalidInventoryDestination', {
    message: 'The destination bucket does not belong to the account that is named.',
  });
}
