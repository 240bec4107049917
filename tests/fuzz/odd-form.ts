import fc from 'fast-check';
import {
  boundary,
  encodeForm,
  type FormFields,
  type FormFile,
  formContentType,
  signFormV2,
  signFormV4,
} from '../signing/sign-form.ts';
import type { Credentials } from '../signing/sign-v4.ts';
import { oddText } from './odd-text.ts';

export interface OddForm {
  readonly contentType: string;
  readonly body: Buffer;
}

/** The fields of a form beside those of its signature. */
const fieldNames = [
  ...['acl', 'bucket', 'Cache-Control', 'Content-Type', 'Content-Disposition', 'Content-Encoding', 'Content-MD5'],
  ...['Expires', 'If-None-Match', 'success_action_redirect', 'redirect', 'success_action_status', 'tagging'],
  ...['x-amz-storage-class', 'x-amz-meta-a', 'x-amz-meta-__proto__', 'x-amz-security-token', 'x-amz-tagging'],
  ...['x-amz-website-redirect-location', 'x-amz-checksum-crc32', 'x-amz-checksum-sha256', 'x-amz-checksum-algorithm'],
  ...['x-amz-server-side-encryption', 'x-amz-grant-read', 'x-amz-expected-bucket-owner', 'x-amz-trailer', 'x-ignore-a'],
  ...['__proto__', 'constructor', 'key', 'policy', 'signature', 'AWSAccessKeyId', 'x-amz-signature', 'x-amz-date', ''],
];
const name = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...fieldNames) }, { weight: 1, arbitrary: oddText });
const tags = fc.constant('<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>');
const value = fc.oneof({ weight: 6, arbitrary: oddText }, { weight: 1, arbitrary: tags });
const fields: fc.Arbitrary<FormFields> = fc
  .tuple(fc.oneof(fc.constant('small'), oddText), fc.array(fc.tuple(name, value), { maxLength: 4 }))
  .map(([key, more]) => [['key', key], ...more]);

const condition = fc.oneof(
  fc.tuple(
    fc.constantFrom('eq', 'starts-with', 'EQ', 'x'),
    name.map((field) => `$${field}`),
    value,
  ),
  fc.tuple(
    fc.constant('content-length-range'),
    fc.constantFrom(0, 1, '0', -1, 1.5, 1e300),
    fc.constantFrom(0, 10, 1e9, '5'),
  ),
  fc.dictionary(name, value, { maxKeys: 2 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const policy = fc.oneof(
  fc.record({ expiration: fc.oneof(fc.constant('2099-01-01T00:00:00Z'), oddText), conditions: fc.array(condition) }),
  fc.jsonValue({ maxDepth: 3 }),
  oddText,
);

const file: fc.Arbitrary<FormFile> = fc.record(
  {
    name: oddText.map((text) => text.replaceAll('"', '')),
    content: fc.oneof(oddText, fc.constantFrom(Buffer.alloc(0), Buffer.alloc(150_000, 'x'))),
    headers: fc.constantFrom(
      '',
      'Content-Type: image/png\r\n',
      'Content-Type: text/plain; charset=utf-16le\r\n',
      'x\r\n',
    ),
  },
  { requiredKeys: ['content'] },
);
const files = fc.oneof(
  { weight: 8, arbitrary: file.map((only) => [only]) },
  { weight: 1, arbitrary: fc.array(file, { maxLength: 3 }) },
);

/** How the policy comes about: one that fits the form, that and more conditions, or any. */
const signing = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'fitting' as const }) },
  {
    weight: 2,
    arbitrary: fc.array(condition, { maxLength: 3 }).map((conditions) => ({ kind: 'strict' as const, conditions })),
  },
  { weight: 2, arbitrary: policy.map((document) => ({ kind: 'any' as const, document })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'unsigned' as const }) },
);

const contentTypes = [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="',
  `multipart/form-data; boundary="${boundary}"`,
  'multipart/form-data; boundary=x',
  `multipart/form-data; boundary=${'x'.repeat(300)}`,
  'multipart/mixed; boundary=x',
  'application/x-www-form-urlencoded',
  'text/plain',
];
const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant(formContentType) },
  { weight: 1, arbitrary: fc.constantFrom(...contentTypes) },
);
const cuts = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
);

/** Browser forms, most of them signed well. */
export function oddForm(bucket: string, credentials: Credentials): fc.Arbitrary<OddForm> {
  return fc
    .record({
      fields,
      files,
      signing,
      contentType,
      share: cuts,
      version: fc.constantFrom(2, 4, 4, 4),
      order: fc.boolean(),
    })
    .map(({ fields: plain, files: list, signing: how, contentType: type, share, version, order }) => {
      const form = {
        bucket,
        credentials,
        date: new Date(),
        fields: plain,
        conditions: how.kind === 'strict' ? how.conditions : [],
        document: how.kind === 'any' ? how.document : undefined,
      };
      const signed = how.kind === 'unsigned' ? plain : version === 4 ? signFormV4(form) : signFormV2(form);
      const body = encodeForm(order ? signed : [...signed].reverse(), list);
      return { contentType: type, body: body.subarray(0, Math.ceil(body.length * share)) };
    });
}
