import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketReplicationCommand } from '@aws-sdk/client-s3';
import { localArn, putRules, rule } from '../replication/pair.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('there is none by itself', async () => {
  const Bucket = await shared.bucket();
  const get = new GetBucketReplicationCommand({ Bucket });
  await assert.rejects(shared.s3.send(get), isFailure('ReplicationConfigurationNotFoundError', 404));
});

test('the document is as S3 spells it', async () => {
  const [Bucket, other] = [await shared.bucket('Enabled'), await shared.bucket('Enabled')];
  await putRules(shared, Bucket, rule(localArn(other), { Filter: { Prefix: '' } }));
  const { text } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['replication', '']] });
  const written =
    '<Role></Role><Rule><ID>rule</ID><Priority>1</Priority><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>' +
    `<Destination><Bucket>arn:aws:s3:::${other}</Bucket></Destination>` +
    '<DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication></Rule>';
  assert.ok(text.replaceAll(/<(\w+)\/>/g, '<$1></$1>').includes(written), text);
});
