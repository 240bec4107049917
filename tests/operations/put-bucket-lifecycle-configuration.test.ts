import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const put = (Bucket: string, Rules: LifecycleRule[]) =>
  shared.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
const get = async (Bucket: string) =>
  (await shared.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules;
const minimal: LifecycleRule = { ID: 'r', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } };

const putXml = (Bucket: string, rules: string) =>
  shared.raw({
    method: 'PUT',
    path: `/${Bucket}`,
    query: [['lifecycle', '']],
    body: Buffer.from(`<LifecycleConfiguration>${rules}</LifecycleConfiguration>`),
  });
const ruleXml = (parts: string) => `<Rule><ID>r</ID><Status>Enabled</Status>${parts}</Rule>`;

test('rules replace those that were there, and come back as they were', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, [minimal]);
  const rules: LifecycleRule[] = [
    {
      ID: 'all of it <&>',
      Status: 'Enabled',
      Filter: {
        And: {
          Prefix: 'logs/',
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '' },
          ],
          ObjectSizeGreaterThan: 0,
          ObjectSizeLessThan: 1_000_000,
        },
      },
      Expiration: { Days: 365 },
      Transitions: [
        { Days: 30, StorageClass: 'STANDARD_IA' },
        { Days: 90, StorageClass: 'GLACIER' },
      ],
      NoncurrentVersionExpiration: { NoncurrentDays: 60, NewerNoncurrentVersions: 3 },
      NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: 'ONEZONE_IA', NewerNoncurrentVersions: 1 }],
    },
    { ID: 'uploads', Status: 'Disabled', Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    { ID: 'date', Status: 'Enabled', Filter: { Prefix: 'x' }, Expiration: { Date: new Date('2030-01-01T00:00:00Z') } },
    { ID: 'tag', Status: 'Enabled', Filter: { Tag: { Key: 'k', Value: 'v' } }, Expiration: { Days: 2 } },
    { ID: 'marker', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { ExpiredObjectDeleteMarker: true } },
  ];
  await put(Bucket, rules);
  assert.deepEqual(await get(Bucket), rules);
});

test('rules of the old form come back in the old form', async () => {
  const Bucket = await shared.bucket();
  const old: LifecycleRule = { ID: 'old', Status: 'Enabled', Prefix: 'a/', Expiration: { Days: 1 } };
  await put(Bucket, [old]);
  assert.deepEqual(await get(Bucket), [old]);
});

test('a rule without an id gets one, and keeps it', async () => {
  const Bucket = await shared.bucket();
  const { ID: _, ...nameless } = minimal;
  await put(Bucket, [nameless as LifecycleRule, { ...nameless, ID: '' } as LifecycleRule]);
  const ids = (await get(Bucket))!.map(({ ID }) => ID!);
  assert.equal(new Set(ids).size, 2);
  for (const id of ids) assert.ok(id.length > 10 && id.length <= 255);
});

test('the smallest size of transitions is kept and told', async () => {
  const Bucket = await shared.bucket();
  const answer = await shared.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: [minimal] },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    }),
  );
  assert.equal(answer.TransitionDefaultMinimumObjectSize, 'varies_by_storage_class');
  const told = await shared.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  assert.equal(told.TransitionDefaultMinimumObjectSize, 'varies_by_storage_class');
});

const refused: readonly (readonly [string, string, Partial<LifecycleRule>[]])[] = [
  ['an id twice', 'InvalidArgument', [{}, {}]],
  ['an id of 256 characters', 'InvalidArgument', [{ ID: 'x'.repeat(256) }]],
  ['no days', 'InvalidArgument', [{ Expiration: { Days: 0 } }]],
  ['days below nothing', 'InvalidArgument', [{ Expiration: { Days: -1 } }]],
  ['a date in the middle of a day', 'InvalidArgument', [{ Expiration: { Date: new Date('2030-01-01T10:00:00Z') } }]],
  ['two moments', 'MalformedXML', [{ Expiration: { Days: 1, Date: new Date('2030-01-01') } }]],
  ['nothing to do', 'InvalidRequest', [{ Expiration: undefined }]],
  [
    'markers by tags',
    'InvalidRequest',
    [{ Expiration: { ExpiredObjectDeleteMarker: true }, Filter: { Tag: { Key: 'a', Value: 'b' } } }],
  ],
  [
    'uploads by tags',
    'InvalidRequest',
    [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Filter: { Tag: { Key: 'a', Value: 'b' } } }],
  ],
  ['uploads after no days', 'InvalidArgument', [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }]],
  [
    'a class for rare reads too soon',
    'InvalidArgument',
    [{ Transitions: [{ Days: 29, StorageClass: 'STANDARD_IA' }] }],
  ],
  [
    'the same class twice',
    'InvalidRequest',
    [
      {
        Expiration: undefined,
        Transitions: [
          { Days: 1, StorageClass: 'GLACIER' },
          { Days: 2, StorageClass: 'GLACIER' },
        ],
      },
    ],
  ],
  [
    'a colder class before a warmer one',
    'InvalidArgument',
    [
      {
        Expiration: undefined,
        Transitions: [
          { Days: 1, StorageClass: 'DEEP_ARCHIVE' },
          { Days: 40, StorageClass: 'STANDARD_IA' },
        ],
      },
    ],
  ],
  [
    'a transition after the end',
    'InvalidArgument',
    [{ Expiration: { Days: 5 }, Transitions: [{ Days: 5, StorageClass: 'GLACIER' }] }],
  ],
  [
    'dates and days mixed',
    'InvalidRequest',
    [{ Transitions: [{ Date: new Date('2030-01-01'), StorageClass: 'GLACIER' }] }],
  ],
  [
    'too many versions kept',
    'InvalidArgument',
    [{ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 101 } }],
  ],
  [
    'sizes that exclude each other',
    'InvalidRequest',
    [{ Filter: { And: { ObjectSizeGreaterThan: 5, ObjectSizeLessThan: 5 } } }],
  ],
  [
    'a tag twice',
    'InvalidTag',
    [
      {
        Filter: {
          And: {
            Tags: [
              { Key: 'a', Value: '1' },
              { Key: 'a', Value: '2' },
            ],
          },
        },
      },
    ],
  ],
];

for (const [what, code, rules] of refused) {
  test(`refused: ${what}`, async () => {
    const Bucket = await shared.bucket();
    await put(Bucket, [minimal]);
    const given = rules.map((rule) => ({ ...minimal, ...rule }));
    await assert.rejects(put(Bucket, given), isFailure(code, 400));
    assert.deepEqual(await get(Bucket), [minimal]);
  });
}

const malformed = {
  'a status in small letters': '<Rule><Status>enabled</Status><Prefix/><Expiration><Days>1</Days></Expiration></Rule>',
  'neither prefix nor filter': ruleXml('<Expiration><Days>1</Days></Expiration>'),
  'prefix and filter': ruleXml('<Prefix/><Filter/><Expiration><Days>1</Days></Expiration>'),
  'a class that there is not': ruleXml(
    '<Prefix/><Transition><Days>1</Days><StorageClass>WARM</StorageClass></Transition>',
  ),
  'a class that nothing moves to': ruleXml(
    '<Prefix/><Transition><Days>1</Days><StorageClass>STANDARD</StorageClass></Transition>',
  ),
  'a date that is none': ruleXml('<Prefix/><Expiration><Date>20200101</Date></Expiration>'),
  'an empty conjunction': ruleXml('<Filter><And/></Filter><Expiration><Days>1</Days></Expiration>'),
  'no rule at all': '',
};
for (const [what, rules] of Object.entries(malformed)) {
  test(`malformed: ${what}`, async () => {
    const Bucket = await shared.bucket();
    const response = await putXml(Bucket, rules);
    assert.equal(response.status, 400);
    assert.match(response.text, /<Code>MalformedXML</);
  });
}

test('rules of both forms do not go together', async () => {
  const Bucket = await shared.bucket();
  const { Filter: _, ...rest } = minimal;
  await assert.rejects(
    put(Bucket, [minimal, { ...rest, ID: 'old', Prefix: 'a' } as LifecycleRule]),
    isFailure('InvalidRequest', 400),
  );
});

test('a thousand rules are the most', async () => {
  const Bucket = await shared.bucket();
  const rules = (count: number) => Array.from({ length: count }, (_, i) => ({ ...minimal, ID: `rule-${i}` }));
  await put(Bucket, rules(1000));
  assert.equal((await get(Bucket))!.length, 1000);
  await assert.rejects(put(Bucket, rules(1001)), isFailure('MalformedXML', 400));
});
