import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketInventoryConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  type InventoryConfiguration,
  ListBucketInventoryConfigurationsCommand,
  PutBucketInventoryConfigurationCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

function configuration(destination: string, more: Partial<InventoryConfiguration> = {}): InventoryConfiguration {
  return {
    Id: 'all',
    IsEnabled: true,
    IncludedObjectVersions: 'Current',
    Schedule: { Frequency: 'Daily' },
    Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${destination}`, Format: 'CSV' } },
    ...more,
  };
}

const put = (Bucket: string, InventoryConfiguration: InventoryConfiguration, Id = InventoryConfiguration.Id) =>
  shared.s3.send(new PutBucketInventoryConfigurationCommand({ Bucket, Id, InventoryConfiguration }));
const get = async (Bucket: string, Id: string) =>
  (await shared.s3.send(new GetBucketInventoryConfigurationCommand({ Bucket, Id }))).InventoryConfiguration;
const missing = isFailure('NoSuchConfiguration', 404);

test('what is configured comes back, and is listed until it is deleted', async () => {
  const [Bucket, destination] = [await shared.bucket(), await shared.bucket()];
  const full = configuration(destination, {
    Id: 'weekly.1',
    IsEnabled: false,
    IncludedObjectVersions: 'All',
    Schedule: { Frequency: 'Weekly' },
    Filter: { Prefix: 'logs/' },
    OptionalFields: ['Size', 'ETag', 'ObjectOwner'],
    Destination: {
      S3BucketDestination: {
        Bucket: `arn:aws:s3:::${destination}`,
        Format: 'Parquet',
        Prefix: 'lists',
        Encryption: { SSES3: {} },
      },
    },
  });
  await put(Bucket, full);
  await put(Bucket, configuration(destination));
  assert.deepEqual(await get(Bucket, 'weekly.1'), full);
  await put(Bucket, { ...full, IsEnabled: true });
  assert.equal((await get(Bucket, 'weekly.1'))?.IsEnabled, true);
  const list = await shared.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
  assert.deepEqual(
    list.InventoryConfigurationList?.map(({ Id }) => Id),
    ['all', 'weekly.1'],
  );
  assert.equal(list.IsTruncated, false);
  for (const Id of ['all', 'weekly.1']) {
    await shared.s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket, Id }));
    await assert.rejects(get(Bucket, Id), missing);
  }
  const remove = new DeleteBucketInventoryConfigurationCommand({ Bucket, Id: 'all' });
  await assert.rejects(shared.s3.send(remove), missing);
});

test('configurations side by side are all kept, and pages follow one another', async () => {
  const [Bucket, destination] = [await shared.bucket(), await shared.bucket()];
  const ids = Array.from({ length: 105 }, (_, i) => `id-${String(i).padStart(3, '0')}`);
  for (let i = 0; i < ids.length; i += 5) {
    await Promise.all(ids.slice(i, i + 5).map((Id) => put(Bucket, configuration(destination, { Id }))));
  }
  const seen: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await shared.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket, ContinuationToken }));
    seen.push(...(page.InventoryConfigurationList ?? []).map(({ Id }) => Id));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  assert.deepEqual(seen, ids);
});

test('what cannot be is refused', async () => {
  const [Bucket, destination] = [await shared.bucket(), await shared.bucket()];
  const to = (Bucket: string, Format: 'CSV' | 'ORC' = 'CSV', more: object = {}) => ({
    Destination: { S3BucketDestination: { Bucket, Format, ...more } },
  });
  const arn = `arn:aws:s3:::${destination}`;
  const invalid = isFailure('InvalidS3DestinationBucket', 400);
  await assert.rejects(put(Bucket, configuration(destination, to(destination))), invalid);
  await assert.rejects(put(Bucket, configuration('not-there')), invalid);
  await assert.rejects(put(Bucket, configuration(destination, to(arn, 'CSV', { AccountId: '1' }))), invalid);
  await assert.rejects(put(Bucket, configuration(destination, to(arn, 'ORC'))), isFailure('NotImplemented', 501));
  await assert.rejects(put(Bucket, configuration(destination), 'another'), isFailure('InvalidArgument', 400));
  const odd = configuration(destination, { Id: 'a b' });
  await assert.rejects(put(Bucket, odd), isFailure('InvalidArgument', 400));
  const fields = configuration(destination, { OptionalFields: ['Colour' as never] });
  await assert.rejects(put(Bucket, fields), isFailure('MalformedXML', 400));
});

test('only the owner of a bucket may have its keys listed into another one', async () => {
  const [Bucket, destination] = [await shared.bucket(), await shared.bucket()];
  const stranger = await shared.server.stranger('lister');
  await givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action: 's3:*' }]);
  const InventoryConfiguration = configuration(destination);
  const command = new PutBucketInventoryConfigurationCommand({ Bucket, Id: 'all', InventoryConfiguration });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
});

test('a policy may say which fields are told', async () => {
  const [Bucket, destination] = [await shared.bucket(), await shared.bucket()];
  const Condition = { 'ForAnyValue:StringEquals': { 's3:InventoryAccessibleOptionalFields': ['ObjectOwner'] } };
  await givePolicy(shared.server, Bucket, [{ Effect: 'Deny', Action: 's3:PutInventoryConfiguration', Condition }]);
  await put(Bucket, configuration(destination, { OptionalFields: ['Size'] }));
  const owner = configuration(destination, { OptionalFields: ['Size', 'ObjectOwner'] });
  await assert.rejects(put(Bucket, owner), isFailure('AccessDenied', 403));
});
