import { invalidArgument } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { continuationToken, encodeContinuationToken } from '../fields/continuation-token.ts';
import { inventoryConfiguration, showInventory } from '../inventory-document.ts';
import { defineOperation } from '../operation.ts';

const listInventoryConfigurationsResult = {
  root: 'ListInventoryConfigurationsResult',
  schema: element({
    InventoryConfiguration: list(inventoryConfiguration.schema),
    ContinuationToken: optional(text()),
    IsTruncated: boolean(),
    NextContinuationToken: optional(text()),
  }),
};

/** As many as AWS tells at once. */
const pageSize = 100;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBucketInventoryConfigurations.html */
export const listBucketInventoryConfigurations = defineOperation({
  name: 'ListBucketInventoryConfigurations',
  route: { method: 'GET', target: 'bucket', query: { inventory: true } },
  input: { bucket: bucketName, after: continuationToken },
  requires: ({ bucket }) => [onBucket('s3:GetInventoryConfiguration', bucket)],
  async handle({ input, access, head }, { bucketSettings }) {
    const { after } = input;
    if (after && after.kind !== 'past-key') {
      throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', '');
    }
    const all = (await bucketSettings.read(access.bucket(input.bucket), inventorySetting)) ?? [];
    const rest = after ? all.filter(({ id }) => compareUtf8(id, after.key) > 0) : all;
    const page = rest.slice(0, pageSize);
    const isTruncated = rest.length > page.length;
    return xmlReply(listInventoryConfigurationsResult, {
      InventoryConfiguration: page.map(showInventory),
      ContinuationToken: head.query.get('continuation-token') || undefined,
      IsTruncated: isTruncated,
      NextContinuationToken: isTruncated
        ? encodeContinuationToken({ kind: 'past-key', key: page.at(-1)!.id })
        : undefined,
    });
  },
});
