import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-s3';
import { s3Operations } from '../../scripts/s3-operations.ts';
import { operations } from '../../src/s3/operations/index.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { minimalInput, modelledStatus, type Values } from './minimal-input.ts';

type AnyCommand = sdk.HeadBucketCommand & { readonly schema: Parameters<typeof modelledStatus>[0] };
type CommandClass = new (input: never) => AnyCommand;

const commands = new Map<string, CommandClass>();
for (const [name, value] of Object.entries(sdk)) {
  const command = /^(\w+)Command$/.exec(name)?.[1];
  if (command !== undefined) commands.set(command, value as unknown as CommandClass);
}

let server: TestServer;
let s3: sdk.S3Client;
before(async () => {
  server = await startS3Server();
  s3 = server.client({ disableHostPrefix: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

/** What no bucket has by itself, and S3 says so. */
const nothingThere: Readonly<Record<string, string>> = {
  DeleteBucketAnalyticsConfiguration: 'NoSuchConfiguration',
  DeleteBucketIntelligentTieringConfiguration: 'NoSuchConfiguration',
  DeleteBucketInventoryConfiguration: 'NoSuchConfiguration',
  DeleteBucketMetricsConfiguration: 'NoSuchConfiguration',
  GetBucketAnalyticsConfiguration: 'NoSuchConfiguration',
  GetBucketCors: 'NoSuchCORSConfiguration',
  GetBucketEncryption: 'ServerSideEncryptionConfigurationNotFoundError',
  GetBucketIntelligentTieringConfiguration: 'NoSuchConfiguration',
  GetBucketInventoryConfiguration: 'NoSuchConfiguration',
  GetBucketLifecycleConfiguration: 'NoSuchLifecycleConfiguration',
  GetBucketMetadataConfiguration: 'MetadataConfigurationNotFound',
  GetBucketMetadataTableConfiguration: 'MetadataConfigurationNotFound',
  GetBucketMetricsConfiguration: 'NoSuchConfiguration',
  GetBucketOwnershipControls: 'OwnershipControlsNotFoundError',
  GetBucketPolicy: 'NoSuchBucketPolicy',
  GetBucketPolicyStatus: 'NoSuchBucketPolicy',
  GetBucketReplication: 'ReplicationConfigurationNotFoundError',
  GetBucketTagging: 'NoSuchTagSet',
  GetBucketWebsite: 'NoSuchWebsiteConfiguration',
  GetObjectAnnotation: 'NoSuchAnnotation',
  GetObjectLegalHold: 'NoSuchObjectLockConfiguration',
  GetObjectRetention: 'NoSuchObjectLockConfiguration',
  GetObjectTorrent: 'NoSuchKey',
  GetPublicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
};

/** What a request fails with for a reason of its own. */
const refused: Readonly<Record<string, string>> = {
  // An object that is not archived has nothing to be restored from.
  RestoreObject: 'InvalidObjectState',
  // There is no such key.
  UpdateObjectEncryption: 'AccessDenied',
};

const future = new Date(Date.UTC(2099, 0, 1));

/** What the model does not require and S3 does, and values where any text will not do. */
function valuesFor({ Bucket, target, UploadId, ETag }: Place): Values {
  return {
    byName: {
      Bucket,
      Key: 'key',
      UploadId,
      PartNumber: 1,
      Id: 'all',
      ID: 'rule',
      CopySource: `/${Bucket}/source`,
      RenameSource: 'source',
      AnnotationName: 'note',
      Body: 'body',
      Payer: 'BucketOwner',
      Status: 'Enabled',
      Value: 'v',
      Role: 'arn:aws:iam::123456789012:role/any',
      Frequency: 'Daily',
      Format: 'CSV',
      ObjectOwnership: 'ObjectWriter',
      ExpressionType: 'SQL',
      Expression: 'SELECT * FROM S3Object',
      RequestRoute: 'route',
      RequestToken: 'token',
      Expiration: 'DISABLED',
      ConfigurationState: 'DISABLED',
      TableBucketArn: 'arn:aws:s3tables:us-east-1:123456789012:bucket/tables',
      TableName: 'table',
    },
    byPath: {
      'CompleteMultipartUpload.MultipartUpload': { Parts: [{ PartNumber: 1, ETag }] },
      'CreateBucket.Bucket': `${Bucket}-more`,
      'DeleteBucket.Bucket': `${Bucket}-empty`,
      'DeleteObjects.Delete': { Objects: [{ Key: 'key' }] },
      'GetObjectAttributes.ObjectAttributes': ['ETag'],
      'PutBucketAbac.AbacStatus': { Status: 'Disabled' },
      'PutBucketAccelerateConfiguration.AccelerateConfiguration': { Status: 'Suspended' },
      'PutBucketAcl.ACL': 'private',
      'PutBucketCors.CORSConfiguration.CORSRules[].AllowedMethods': ['GET'],
      'PutBucketCors.CORSConfiguration.CORSRules[].AllowedOrigins': ['*'],
      'PutBucketEncryption.ServerSideEncryptionConfiguration': {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      'PutBucketIntelligentTieringConfiguration.IntelligentTieringConfiguration.Tierings': [
        { Days: 90, AccessTier: 'ARCHIVE_ACCESS' },
      ],
      'PutBucketInventoryConfiguration.InventoryConfiguration.Destination': {
        S3BucketDestination: { Bucket: `arn:aws:s3:::${target}`, Format: 'CSV' },
      },
      'PutBucketInventoryConfiguration.InventoryConfiguration.IncludedObjectVersions': 'All',
      'PutBucketLifecycleConfiguration.LifecycleConfiguration': {
        Rules: [{ ID: 'rule', Status: 'Enabled', Filter: { Prefix: 'none/' }, Expiration: { Days: 1 } }],
      },
      'PutBucketOwnershipControls.OwnershipControls.Rules': [{ ObjectOwnership: 'ObjectWriter' }],
      'PutBucketPolicy.Policy': JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/none` },
        ],
      }),
      'PutBucketReplication.ReplicationConfiguration.Rules': [
        { ID: 'rule', Status: 'Enabled', Prefix: 'none/', Destination: { Bucket: `arn:aws:s3:::${target}` } },
      ],
      'PutBucketVersioning.VersioningConfiguration': { Status: 'Enabled' },
      'PutBucketWebsite.WebsiteConfiguration': { IndexDocument: { Suffix: 'index.html' } },
      'PutObjectAcl.ACL': 'private',
      'PutObjectAnnotation.AnnotationPayload': 'a note',
      'PutObjectLegalHold.LegalHold': { Status: 'OFF' },
      'PutObjectLockConfiguration.ObjectLockConfiguration': { ObjectLockEnabled: 'Enabled' },
      'PutObjectRetention.Retention': { Mode: 'GOVERNANCE', RetainUntilDate: future },
      'PutPublicAccessBlock.PublicAccessBlockConfiguration': {
        BlockPublicAcls: true,
        IgnorePublicAcls: false,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: false,
      },
      'RenameObject.Key': 'renamed',
      'RestoreObject.RestoreRequest': { Days: 1 },
      'SelectObjectContent.InputSerialization': { CSV: {} },
      'SelectObjectContent.OutputSerialization': { CSV: {} },
      'UpdateObjectEncryption.ObjectEncryption': {
        SSEKMS: { KMSKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000' },
      },
      'PutBucketTagging.Tagging': { TagSet: [{ Key: 'k', Value: 'v' }] },
      'PutObjectTagging.Tagging': { TagSet: [{ Key: 'k', Value: 'v' }] },
    },
  };
}

interface Place {
  readonly Bucket: string;
  /** A bucket that takes what others write into it: replicas, lists. */
  readonly target: string;
  readonly UploadId: string;
  /** Of the upload's one part. */
  readonly ETag: string;
}

/** Operations of buckets that never had versioning. */
const unversioned = new Set(['RenameObject']);

let places = 0;

/** A bucket with object lock, two objects and an upload of one part. */
async function makePlace(name: string): Promise<Place> {
  const Bucket = `place-${++places}`;
  const target = `${Bucket}-target`;
  const hasLock = !unversioned.has(name);
  await s3.send(new sdk.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: hasLock }));
  await s3.send(new sdk.CreateBucketCommand({ Bucket: target }));
  await s3.send(new sdk.CreateBucketCommand({ Bucket: `${Bucket}-empty` }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new sdk.PutBucketVersioningCommand({ Bucket: target, VersioningConfiguration }));
  for (const Key of ['key', 'source']) await s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: 'a,b\n' }));
  const { UploadId } = await s3.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key: 'key' }));
  const part = { Bucket, Key: 'key', UploadId, PartNumber: 1, Body: 'part' };
  const { ETag } = await s3.send(new sdk.UploadPartCommand(part));
  return { Bucket, target, UploadId: UploadId!, ETag: ETag! };
}

interface Answer {
  readonly status: number;
  /** Undefined for a success. */
  readonly code: string | undefined;
  readonly output: Readonly<Record<string, unknown>>;
}

async function send(name: string, place: Place): Promise<Answer> {
  const Command = commands.get(name)!;
  const { schema } = new Command({} as never);
  const command = new Command(minimalInput(schema, valuesFor(place)) as never);
  try {
    const output = await s3.send(command);
    await readToEnd(output);
    return { status: output.$metadata.httpStatusCode ?? 0, code: undefined, output: { ...output } };
  } catch (error) {
    if (!(error instanceof sdk.S3ServiceException)) throw error;
    return { status: error.$metadata.httpStatusCode ?? 0, code: error.name, output: {} };
  }
}

/** Bytes and events of an answer: the server tells its outcome when they are read. */
async function readToEnd(output: object): Promise<void> {
  const { Body, Payload } = output as {
    Body?: { transformToByteArray(): Promise<unknown> };
    Payload?: AsyncIterable<unknown>;
  };
  await Body?.transformToByteArray();
  if (Payload) for await (const _event of Payload);
}

/** How many outcomes there are when all that was sent has been told. */
async function settled(): Promise<number> {
  let count = -1;
  while (count !== server.outcomes.length) {
    count = server.outcomes.length;
    for (let turn = 0; turn < 10; turn++) await nextTurn();
  }
  return count;
}

/** As which operation the server took the last request, whose outcome it tells a moment after its answer. */
async function takenAs(before: number): Promise<string | undefined> {
  for (let turn = 0; turn < 1_000_000 && server.outcomes.length === before; turn++) await nextTurn();
  return server.outcomes.at(-1)?.operation;
}

const supported = new Set(operations.map(({ name }) => name));
const notImplemented = [...commands.keys()].filter((name) => !supported.has(name));

test('the table of operations knows every command of the SDK', () => {
  assert.ok(commands.size > 100);
  assert.deepEqual(
    [...commands.keys()].filter((name) => !(s3Operations as readonly string[]).includes(name)),
    [],
  );
});

for (const [name, Command] of commands) {
  test(`${name} works, or is not implemented`, async () => {
    const place = await makePlace(name);
    const before = await settled();
    const answer = await send(name, place);
    if (!supported.has(name)) {
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented']);
      return;
    }
    assert.equal(await takenAs(before), name);
    const expected = nothingThere[name] ?? refused[name];
    assert.equal(answer.code, expected);
    // S3 itself answers some requests with 204 that its model says 200 of.
    if (expected === undefined)
      assert.ok([modelledStatus(new Command({} as never).schema), 204].includes(answer.status));
    else assert.ok(answer.status >= 400 && answer.status < 500);
  });
}

test('at most ten are not implemented', () => {
  assert.ok(notImplemented.length <= 10, notImplemented.join(', '));
});

/** `PutX` beside a `GetX`: what one was given, the other gives back. */
const pairs = [...commands.keys()].flatMap((name) => {
  const get = name.replace(/^Put/, 'Get');
  return name.startsWith('Put') && name !== 'PutObject' && commands.has(get) && supported.has(name)
    ? [[name, get]]
    : [];
}) as [string, string][];

/** Where the answer says it in other words: an ACL that a canned one became, an annotation's bytes. */
const otherWords = new Set(['PutBucketAcl', 'PutObjectAcl', 'PutObjectAnnotation']);

for (const [put, get] of pairs.filter(([put]) => !otherWords.has(put))) {
  test(`what ${put} was given, ${get} gives back`, async () => {
    const place = await makePlace(put);
    assert.equal((await send(put, place)).code, undefined);
    const { code, output } = await send(get, place);
    assert.equal(code, undefined);
    const { schema } = new (commands.get(put)!)({} as never);
    const { Bucket, Key, Id, ...given } = minimalInput(schema, valuesFor(place));
    const [member, payload] = Object.entries(given)[0]!;
    // Some answers have the document as a member, others its members as their own.
    assertSaid(member in output ? output[member] : output, payload);
  });
}

/** All that was given is said; more may be. */
function assertSaid(said: unknown, given: unknown): void {
  if (Array.isArray(given)) {
    assert.ok(Array.isArray(said));
    for (const [i, one] of given.entries()) assertSaid(said[i], one);
  } else if (typeof given === 'object' && given !== null && !(given instanceof Date)) {
    for (const [name, value] of Object.entries(given)) assertSaid((said as Record<string, unknown>)?.[name], value);
  } else if (typeof given === 'string' && given.startsWith('{')) {
    assert.deepEqual(JSON.parse((said as { Policy?: string }).Policy ?? String(said)), JSON.parse(given));
  } else assert.deepEqual(said, given);
}
