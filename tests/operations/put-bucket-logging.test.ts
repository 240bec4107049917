import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BucketLoggingStatus,
  CreateBucketCommand,
  GetBucketLoggingCommand,
  type LoggingEnabled,
  PutBucketAclCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function logTarget(): Promise<string> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'log-delivery-write' as never }));
  return Bucket;
}

async function enforcedBucket(Bucket: string): Promise<string> {
  await shared.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }));
  return Bucket;
}

function enable(Bucket: string, LoggingEnabled: LoggingEnabled | undefined) {
  const BucketLoggingStatus: BucketLoggingStatus = { LoggingEnabled };
  return shared.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus }));
}

const configured = async (Bucket: string) =>
  (await shared.s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled;

const refused = isFailure('InvalidTargetBucketForLogging', 400);

test('what is configured comes back, and goes with an empty status', async () => {
  const [Bucket, TargetBucket] = [await shared.bucket(), await logTarget()];
  for (const TargetObjectKeyFormat of [
    undefined,
    { SimplePrefix: {} },
    { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
    { PartitionedPrefix: { PartitionDateSource: 'DeliveryTime' } },
  ] as const) {
    const enabled = { TargetBucket, TargetPrefix: 'log/', ...(TargetObjectKeyFormat && { TargetObjectKeyFormat }) };
    await enable(Bucket, enabled);
    assert.deepEqual(await configured(Bucket), enabled);
  }
  await enable(Bucket, undefined);
  assert.equal(await configured(Bucket), undefined);
});

test('a prefix may be empty, and a bucket may log into itself', async () => {
  const Bucket = await logTarget();
  await enable(Bucket, { TargetBucket: Bucket, TargetPrefix: '' });
  assert.deepEqual(await configured(Bucket), { TargetBucket: Bucket, TargetPrefix: '' });
});

test('grants to others are kept with the names of their accounts', async () => {
  const [Bucket, TargetBucket] = [await shared.bucket(), await logTarget()];
  const reader = await shared.server.identity.createAccount({ name: 'log-reader', email: 'log-reader@example.com' });
  await enable(Bucket, {
    TargetBucket,
    TargetPrefix: '',
    TargetGrants: [
      { Grantee: { Type: 'AmazonCustomerByEmail', EmailAddress: 'log-reader@example.com' }, Permission: 'READ' },
      {
        Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers' },
        Permission: 'FULL_CONTROL',
      },
    ],
  });
  const grants = (await configured(Bucket))?.TargetGrants;
  assert.deepEqual(
    grants?.map(({ Permission, Grantee }) => [Permission, Grantee?.Type, Grantee?.ID ?? Grantee?.URI]),
    [
      ['READ', 'CanonicalUser', reader.canonicalId],
      ['FULL_CONTROL', 'Group', 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'],
    ],
  );
  await assert.rejects(
    enable(Bucket, {
      TargetBucket,
      TargetPrefix: '',
      TargetGrants: [{ Grantee: { Type: 'CanonicalUser', ID: 'f'.repeat(64) }, Permission: 'READ' }],
    }),
    isFailure('InvalidArgument', 400),
  );
});

test('grants are refused where ACLs are off, and public ones where they are blocked', async () => {
  const Bucket = await shared.bucket();
  const Grantee = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' } as const;
  const TargetGrants = [{ Grantee, Permission: 'READ' }] as const;
  const enforced = await enforcedBucket('grants-enforced');
  await assert.rejects(
    enable(Bucket, { TargetBucket: enforced, TargetPrefix: '', TargetGrants: [...TargetGrants] }),
    isFailure('AccessControlListNotSupported', 400),
  );
  const blocked = await logTarget();
  const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
  await shared.s3.send(new PutPublicAccessBlockCommand({ Bucket: blocked, PublicAccessBlockConfiguration }));
  await assert.rejects(
    enable(Bucket, { TargetBucket: blocked, TargetPrefix: '', TargetGrants: [...TargetGrants] }),
    isFailure('AccessDenied', 403),
  );
  assert.equal(await configured(Bucket), undefined);
});

test('a target must be there, be the same owner’s and let log delivery write', async () => {
  const Bucket = await shared.bucket();
  const target = (TargetBucket: string) => enable(Bucket, { TargetBucket, TargetPrefix: 'log/' });
  await assert.rejects(target('not-there'), refused);
  await assert.rejects(target('Not A Bucket'), refused);
  await assert.rejects(target(await shared.bucket()), refused);
  const stranger = await shared.server.stranger('log-stranger');
  await stranger.send(new CreateBucketCommand({ Bucket: 'strangers-logs', ACL: 'log-delivery-write' as never }));
  await assert.rejects(target('strangers-logs'), refused);
  const paid = await logTarget();
  const RequestPaymentConfiguration = { Payer: 'Requester' } as const;
  await shared.s3.send(new PutBucketRequestPaymentCommand({ Bucket: paid, RequestPaymentConfiguration }));
  await assert.rejects(target(paid), refused);
  assert.equal(await configured(Bucket), undefined);
});

test('a policy that names the logging service opens a target; where ACLs are off each delivery asks it', async () => {
  const Bucket = await shared.bucket();
  const named = await shared.bucket();
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${named}/log/*`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket: named, Policy }));
  await enable(Bucket, { TargetBucket: named, TargetPrefix: 'log/' });
  await enable(Bucket, { TargetBucket: await enforcedBucket('policy-enforced'), TargetPrefix: 'log/' });
  assert.equal((await configured(Bucket))?.TargetBucket, 'policy-enforced');
});

test('what is no configuration is refused', async () => {
  const [Bucket, target] = [await shared.bucket(), await logTarget()];
  const put = async (inner: string) => {
    const { status, text } = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['logging', '']],
      body: Buffer.from(`<BucketLoggingStatus>${inner}</BucketLoggingStatus>`),
    });
    return `${status} ${/<Code>(.*?)</.exec(text)?.[1]}`;
  };
  const enabled = (inner: string) =>
    put(`<LoggingEnabled><TargetBucket>${target}</TargetBucket>${inner}</LoggingEnabled>`);
  const prefix = '<TargetPrefix>p</TargetPrefix>';
  const format = (inner: string) => enabled(`${prefix}<TargetObjectKeyFormat>${inner}</TargetObjectKeyFormat>`);
  assert.equal(await enabled(''), '400 MalformedXML');
  assert.equal(await format(''), '400 MalformedXML');
  assert.equal(await format('<SimplePrefix/><PartitionedPrefix/>'), '400 MalformedXML');
  const source = '<PartitionDateSource>Never</PartitionDateSource>';
  assert.equal(await format(`<PartitionedPrefix>${source}</PartitionedPrefix>`), '400 MalformedXML');
  assert.equal(await enabled(`<TargetPrefix>${'p'.repeat(1000)}</TargetPrefix>`), '400 InvalidArgument');
  assert.equal(await enabled(`${prefix}<LoggingType>Journal</LoggingType>`), '400 MalformedXML');
  assert.equal(await configured(Bucket), undefined);
});

test('only the owner configures logging, and sees the configuration', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('logging-stranger');
  const denied = isFailure('AccessDenied', 403);
  await assert.rejects(stranger.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} })), denied);
  await assert.rejects(stranger.send(new GetBucketLoggingCommand({ Bucket })), denied);
});
