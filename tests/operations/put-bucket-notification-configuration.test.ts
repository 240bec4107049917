import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type PutBucketNotificationConfigurationCommandInput,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

let isReady = false;
beforeEach(async () => {
  if (isReady) return;
  isReady = true;
  const target = { type: 'webhook', url: 'http://127.0.0.1:1/', options: {} } as const;
  await shared.server.eventTargets.add({ ...target, name: 'hook', accountIds: [] }, {});
  await shared.server.eventTargets.add({ ...target, name: 'foreign', accountIds: ['999999999999'] }, {});
});

const put = (
  Bucket: string,
  configuration: NotificationConfiguration,
  more: Partial<PutBucketNotificationConfigurationCommandInput> = {},
) =>
  shared.s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: configuration, ...more }),
  );
const get = async (Bucket: string) => {
  const { $metadata: _, ...rest } = await shared.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  return rest;
};

const hook = 'arn:aws:sqs:us-east-1::hook';
type Rule = NonNullable<NotificationConfiguration['QueueConfigurations']>[number];
const rule = (more: Partial<Rule> = {}): Rule => ({ QueueArn: hook, Events: ['s3:ObjectCreated:Put'], ...more });
const filter = (...rules: [name: string, value: string][]): Partial<Rule> => ({
  Filter: { Key: { FilterRules: rules.map(([Name, Value]) => ({ Name: Name as 'prefix', Value })) } },
});

test('a configuration comes back as it was given, and an empty one removes it', async () => {
  const Bucket = await shared.bucket();
  assert.deepEqual(await get(Bucket), {});
  const given: NotificationConfiguration = {
    QueueConfigurations: [{ Id: 'first', ...rule(filter(['Prefix', 'in/'], ['Suffix', '.jpg'])) }],
    TopicConfigurations: [
      { Id: 'second', TopicArn: 'arn:aws:sns:us-east-1:123456789012:hook', Events: ['s3:ObjectRemoved:*'] },
    ],
    LambdaFunctionConfigurations: [
      {
        Id: 'third',
        LambdaFunctionArn: 'arn:aws:lambda:us-east-1::function:hook',
        Events: ['s3:ObjectTagging:Put', 's3:ObjectAcl:Put'],
      },
    ],
  };
  await put(Bucket, given);
  assert.deepEqual(await get(Bucket), given);
  await put(Bucket, {});
  assert.deepEqual(await get(Bucket), {});
});

test('rules without an id get one', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, { QueueConfigurations: [rule(), rule({ Events: ['s3:ObjectRemoved:*'] })] });
  const ids = (await get(Bucket)).QueueConfigurations!.map(({ Id }) => Id);
  assert.equal(new Set(ids).size, 2);
  assert.ok(ids.every((id) => id!.length > 10));
});

test('rules may not compete for the same event of the same key', async () => {
  const Bucket = await shared.bucket();
  const clashes: [Rule, Rule][] = [
    [rule(), rule()],
    [rule(), rule({ Events: ['s3:ObjectCreated:*'] })],
    [rule(filter(['prefix', 'a'])), rule(filter(['prefix', 'ab']))],
    [rule(filter(['prefix', 'a'])), rule()],
    [rule(filter(['suffix', '.jpg'])), rule(filter(['suffix', 'g']))],
    [rule(filter(['prefix', 'a'], ['suffix', 'x'])), rule(filter(['prefix', 'a/b']))],
  ];
  for (const QueueConfigurations of clashes) {
    await assert.rejects(put(Bucket, { QueueConfigurations }), isFailure('InvalidArgument', 400));
  }
  const peaceful: [Rule, Rule][] = [
    [rule(), rule({ Events: ['s3:ObjectCreated:Post', 's3:ObjectRemoved:*'] })],
    [rule(filter(['prefix', 'a'])), rule(filter(['prefix', 'b']))],
    [rule(filter(['prefix', 'a'], ['suffix', '.jpg'])), rule(filter(['prefix', 'a'], ['suffix', '.png']))],
  ];
  for (const QueueConfigurations of peaceful) await put(Bucket, { QueueConfigurations });
});

test('what S3 refuses is refused, and leaves all as it was', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, { QueueConfigurations: [rule({ Id: 'kept' })] });
  const refused: Partial<Rule>[] = [
    { Events: ['s3:ObjectCreated:Nothing' as 's3:ObjectCreated:Put'] },
    { Events: ['s3:*' as 's3:ObjectCreated:Put'] },
    filter(['infix', 'a']),
    filter(['prefix', 'a'], ['Prefix', 'b']),
    filter(['suffix', 'a'.repeat(1025)]),
    { QueueArn: 'hook' },
    { QueueArn: 'arn:aws:sns:us-east-1::hook' },
    { QueueArn: 'arn:aws:sqs:eu-west-1::hook' },
    { QueueArn: 'arn:aws:sqs:us-east-1::nobody' },
    { QueueArn: 'arn:aws:sqs:us-east-1::foreign' },
    { QueueArn: 'arn:minio:sqs:us-east-1:hook:kafka' },
  ];
  for (const part of refused) {
    await assert.rejects(
      put(Bucket, { QueueConfigurations: [rule({ Id: 'new', ...part })] }),
      isFailure('InvalidArgument', 400),
      JSON.stringify(part),
    );
  }
  const twins = [rule({ Id: 'twin' }), rule({ Id: 'twin', Events: ['s3:ObjectRemoved:*'] })];
  await assert.rejects(put(Bucket, { QueueConfigurations: twins }), isFailure('InvalidArgument', 400));
  await assert.rejects(put(Bucket, { EventBridgeConfiguration: {} }), isFailure('InvalidArgument', 400));
  assert.equal((await get(Bucket)).QueueConfigurations![0]!.Id, 'kept');
});

test('where validation is skipped a target may come later', async () => {
  const Bucket = await shared.bucket();
  const QueueConfigurations = [rule({ QueueArn: 'arn:aws:sqs:us-east-1::later' })];
  await put(Bucket, { QueueConfigurations }, { SkipDestinationValidation: true });
  assert.equal((await get(Bucket)).QueueConfigurations![0]!.QueueArn, 'arn:aws:sqs:us-east-1::later');
});

test('a document that is something else is malformed', async () => {
  const Bucket = await shared.bucket();
  for (const inner of ['<Other/>', '<QueueConfiguration><Queue>x</Queue></QueueConfiguration>']) {
    const body = Buffer.from(`<NotificationConfiguration>${inner}</NotificationConfiguration>`);
    const answer = await shared.raw({ method: 'PUT', path: `/${Bucket}`, query: [['notification', '']], body });
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [400, 'MalformedXML'], inner);
  }
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const command = new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
  const reading = new GetBucketNotificationConfigurationCommand({ Bucket });
  await assert.rejects(stranger.send(reading), isFailure('AccessDenied', 403));
});
