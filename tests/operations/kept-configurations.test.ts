import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AnalyticsConfiguration,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  type IntelligentTieringConfiguration,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  type MetricsConfiguration,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const metrics = {
  put: (Bucket: string, Id: string, MetricsConfiguration: MetricsConfiguration) =>
    shared.s3.send(new PutBucketMetricsConfigurationCommand({ Bucket, Id, MetricsConfiguration })),
  get: async (Bucket: string, Id: string) =>
    (await shared.s3.send(new GetBucketMetricsConfigurationCommand({ Bucket, Id }))).MetricsConfiguration,
  drop: (Bucket: string, Id: string) => shared.s3.send(new DeleteBucketMetricsConfigurationCommand({ Bucket, Id })),
  list: (Bucket: string, ContinuationToken?: string) =>
    shared.s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket, ContinuationToken })),
};

test('metrics configurations are kept, replaced, listed by id and deleted', async () => {
  const Bucket = await shared.bucket();
  const kept: MetricsConfiguration[] = [
    { Id: 'a-all' },
    { Id: 'b.prefix', Filter: { Prefix: 'a/<b>&' } },
    { Id: 'c_tag', Filter: { Tag: { Key: 'k', Value: '' } } },
    { Id: 'd', Filter: { AccessPointArn: 'arn:aws:s3:us-east-1:1:accesspoint/x' } },
    { Id: 'e', Filter: { And: { Prefix: 'p', Tags: [{ Key: 'k', Value: 'v' }] } } },
  ];
  for (const one of kept.toReversed()) await metrics.put(Bucket, one.Id!, one);
  const listed = await metrics.list(Bucket);
  assert.deepEqual([listed.IsTruncated, listed.MetricsConfigurationList], [false, kept]);
  for (const one of kept) assert.deepEqual(await metrics.get(Bucket, one.Id!), one);
  await metrics.put(Bucket, 'a-all', { Id: 'a-all', Filter: { Prefix: 'now' } });
  assert.deepEqual(await metrics.get(Bucket, 'a-all'), { Id: 'a-all', Filter: { Prefix: 'now' } });
  for (const { Id } of kept) await metrics.drop(Bucket, Id!);
  await assert.rejects(metrics.get(Bucket, 'e'), isFailure('NoSuchConfiguration', 404));
  await assert.rejects(metrics.drop(Bucket, 'e'), isFailure('NoSuchConfiguration', 404));
  assert.equal((await metrics.list(Bucket)).MetricsConfigurationList, undefined);
});

test('ids, and filters that say nothing or too much, are refused', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(metrics.put(Bucket, 'one', { Id: 'other' }), isFailure('InvalidArgument', 400));
  const long = 'i'.repeat(65);
  await assert.rejects(metrics.put(Bucket, long, { Id: long }), isFailure('InvalidArgument', 400));
  await assert.rejects(metrics.put(Bucket, 'a b', { Id: 'a b' }), isFailure('InvalidArgument', 400));
  const one = { And: { Prefix: 'alone' } };
  await assert.rejects(metrics.put(Bucket, 'id', { Id: 'id', Filter: one }), isFailure('MalformedXML', 400));
  const badTag = { Tag: { Key: '', Value: '' } };
  await assert.rejects(metrics.put(Bucket, 'id', { Id: 'id', Filter: badTag }), isFailure('InvalidTag', 400));
  await assert.rejects(metrics.list(Bucket, '!'), isFailure('InvalidArgument', 400));
});

test('lists come a hundred at a time, and a bucket has a thousand', async () => {
  const Bucket = await shared.bucket();
  const ids = Array.from({ length: 1000 }, (_, i) => `id-${String(i).padStart(4, '0')}`);
  for (let i = 0; i < 1000; i += 20) {
    await Promise.all(ids.slice(i, i + 20).map((Id) => metrics.put(Bucket, Id, { Id })));
  }
  await assert.rejects(metrics.put(Bucket, 'more', { Id: 'more' }), isFailure('TooManyConfigurations', 400));
  await metrics.put(Bucket, 'id-0000', { Id: 'id-0000' });
  const seen: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await metrics.list(Bucket, token);
    assert.equal(page.MetricsConfigurationList?.length, 100);
    seen.push(...page.MetricsConfigurationList.map(({ Id }) => Id));
    token = page.NextContinuationToken;
    assert.equal(page.IsTruncated, token !== undefined);
  } while (token !== undefined);
  assert.deepEqual(seen, ids);
});

test('analytics configurations are kept with their export', async () => {
  const Bucket = await shared.bucket();
  const put = (AnalyticsConfiguration: AnalyticsConfiguration) =>
    shared.s3.send(
      new PutBucketAnalyticsConfigurationCommand({ Bucket, Id: AnalyticsConfiguration.Id, AnalyticsConfiguration }),
    );
  const exported = (bucket: string): AnalyticsConfiguration => ({
    Id: 'exported',
    Filter: { And: { Prefix: 'p', Tags: [{ Key: 'k', Value: 'v' }] } },
    StorageClassAnalysis: {
      DataExport: {
        OutputSchemaVersion: 'V_1',
        Destination: {
          S3BucketDestination: { Format: 'CSV', BucketAccountId: '123456789012', Bucket: bucket, Prefix: 'x' },
        },
      },
    },
  });
  const plain: AnalyticsConfiguration = { Id: 'plain', StorageClassAnalysis: {} };
  await put(plain);
  await put(exported('arn:aws:s3:::reports'));
  await assert.rejects(put(exported('reports')), isFailure('InvalidArgument', 400));
  const get = async (Id: string) =>
    (await shared.s3.send(new GetBucketAnalyticsConfigurationCommand({ Bucket, Id }))).AnalyticsConfiguration;
  assert.deepEqual(await get('plain'), plain);
  assert.deepEqual(await get('exported'), exported('arn:aws:s3:::reports'));
  await shared.s3.send(new DeleteBucketAnalyticsConfigurationCommand({ Bucket, Id: 'plain' }));
  const listed = await shared.s3.send(new ListBucketAnalyticsConfigurationsCommand({ Bucket }));
  assert.deepEqual(listed.AnalyticsConfigurationList, [exported('arn:aws:s3:::reports')]);
});

test('intelligent tiering configurations are kept within the days that AWS knows', async () => {
  const Bucket = await shared.bucket();
  const put = (Tierings: IntelligentTieringConfiguration['Tierings']) =>
    shared.s3.send(
      new PutBucketIntelligentTieringConfigurationCommand({
        Bucket,
        Id: 'id',
        IntelligentTieringConfiguration: { Id: 'id', Status: 'Enabled', Filter: { Prefix: '' }, Tierings },
      }),
    );
  await assert.rejects(put([]), isFailure('MalformedXML', 400));
  await assert.rejects(put([{ Days: 89, AccessTier: 'ARCHIVE_ACCESS' }]), isFailure('InvalidArgument', 400));
  await assert.rejects(put([{ Days: 731, AccessTier: 'DEEP_ARCHIVE_ACCESS' }]), isFailure('InvalidArgument', 400));
  await assert.rejects(
    put([
      { Days: 90, AccessTier: 'ARCHIVE_ACCESS' },
      { Days: 91, AccessTier: 'ARCHIVE_ACCESS' },
    ]),
    isFailure('InvalidRequest', 400),
  );
  const Tierings = [
    { Days: 90, AccessTier: 'ARCHIVE_ACCESS' },
    { Days: 180, AccessTier: 'DEEP_ARCHIVE_ACCESS' },
  ] as const;
  await put([...Tierings]);
  const kept = { Id: 'id', Status: 'Enabled', Filter: { Prefix: '' }, Tierings } as const;
  const got = await shared.s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: 'id' }));
  assert.deepEqual(got.IntelligentTieringConfiguration, kept);
  const listed = await shared.s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
  assert.deepEqual(listed.IntelligentTieringConfigurationList, [kept]);
  await shared.s3.send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: 'id' }));
  await assert.rejects(
    shared.s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: 'id' })),
    isFailure('NoSuchConfiguration', 404),
  );
});
