import fc from 'fast-check';
import type { Field, ScalarSchema, Schema } from '../../src/wire/xml/schema.ts';
import { knownWords, oddText } from './odd-text.ts';

/** The words that a scalar takes for a value. A scalar without any would never be read as more than noise. */
export function acceptedWords({ decode }: ScalarSchema<unknown>): readonly string[] {
  return knownWords.filter((word) => decode(word) !== undefined);
}

/** A document that the schema allows, at least in its form. */
function document(schema: Schema, name: string): fc.Arbitrary<string> {
  if (schema.kind === 'scalar') {
    const words = acceptedWords(schema);
    const known = words.length === 0 ? oddText : fc.constantFrom(...words);
    const text = fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: oddText }).map(escaped);
    return text.map((value) => `<${name}>${value}</${name}>`);
  }
  const fields = Object.entries(schema.fields);
  const attributes = fields.filter(([, field]) => field.kind === 'attribute');
  const inner = fc.tuple(...fields.map(([fieldName, field]) => content(field, fieldName)));
  const written = fc.tuple(...attributes.map(([, field]) => attribute(field)));
  return fc
    .tuple(written, inner)
    .map(([marks, children]) => `<${name}${marks.join('')}>${children.join('')}</${name}>`);
}

function content(field: Field, name: string): fc.Arbitrary<string> {
  switch (field.kind) {
    case 'attribute':
      return fc.constant('');
    case 'optional':
      return fc.oneof(fc.constant(''), document(field.of, name));
    case 'list':
      return fc.array(document(field.of, name), { minLength: field.min, maxLength: 3 }).map((items) => items.join(''));
    case 'mixed': {
      const members = Object.entries(field.of).map(([element, schema]) => document(schema, element));
      return fc.array(fc.oneof(...members), { maxLength: 3 }).map((items) => items.join(''));
    }
    default:
      return document(field, name);
  }
}

function attribute(field: Field): fc.Arbitrary<string> {
  if (field.kind !== 'attribute') return fc.constant('');
  const declared = field.name.startsWith('xsi:') ? ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' : '';
  const value = fc.oneof(fc.constantFrom('CanonicalUser', 'Group', 'AmazonCustomerByEmail'), oddText.map(escaped));
  return value.map((text) => `${declared} ${field.name}="${text}"`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const markup = fc.constantFrom(
  ...['<', '>', '/>', '</', '<!--', '-->', '<![CDATA[', ']]>', '<?x?>', '&lt;', '&#1;', '&#xFFFF;', '&#xD800;', '&x;'],
  ...['<a>', '</Key>', '<Key>', '<__proto__/>', ' xmlns=""', ' xmlns:a="b"', ' a="b"', '\0', '\ufeff', '\r\n'],
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '<a>'.repeat(40),
  '<Object><Key>a</Key></Object>'.repeat(1200),
);

interface Edit {
  readonly at: number;
  readonly length: number;
  readonly kind: 'cut' | 'double' | 'insert';
  readonly insert: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(20),
  kind: fc.constantFrom('cut', 'double', 'insert'),
  insert: fc.oneof(markup, oddText),
});

/** The text with pieces of it cut out, doubled, or put in. */
function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { at, length, kind, insert } of edits) {
    const from = Math.floor(at * result.length);
    const piece = result.slice(from, from + length);
    const middle = kind === 'cut' ? '' : kind === 'double' ? piece + piece : insert + piece;
    result = result.slice(0, from) + middle + result.slice(from + length);
  }
  return result;
}

const noEdits = fc.constant<readonly Edit[]>([]);
const edits = fc.oneof(noEdits, fc.array(edit, { minLength: 1, maxLength: 4 }));
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));

/** A document as the schema has it, one that was tampered with, or bytes that are none. */
export function oddXml(schema: Schema, root: string): fc.Arbitrary<Buffer> {
  const namespace = fc.constantFrom('', ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"');
  const valid = fc
    .tuple(document(schema, root), namespace)
    .map(([text, declaration]) => text.replace(`<${root}`, `<${root}${declaration}`));
  const changed = fc.tuple(valid, edits).map(([text, list]) => Buffer.from(edited(text, list)));
  return fc.oneof({ weight: 8, arbitrary: changed }, { weight: 1, arbitrary: bytes });
}

const oneOrMany = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: fc.array(arbitrary, { maxLength: 3 }) });
/** Nearly always the first. */
const mostly = (usual: fc.Arbitrary<unknown>, seldom: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 15, arbitrary: usual }, { weight: 1, arbitrary: seldom });

const operators = [
  ...['StringEquals', 'StringNotLike', 'NumericLessThan', 'DateGreaterThan', 'Bool', 'IpAddress', 'NotIpAddress'],
  ...['ArnLike', 'BinaryEquals', 'Null', 'StringEqualsIfExists', 'ForAllValues:StringLike', 'ForAnyValue:StringEquals'],
];
/** What policies ask of requests. */
export const conditionKeys = [
  ...['aws:SourceIp', 'aws:SecureTransport', 'aws:CurrentTime', 'aws:EpochTime', 'aws:PrincipalArn', 'aws:userid'],
  ...['aws:Referer', 'aws:UserAgent', 's3:authType', 's3:delimiter', 's3:prefix', 's3:max-keys', 's3:VersionId'],
  ...['s3:x-amz-acl', 's3:x-amz-copy-source', 's3:x-amz-storage-class', 's3:x-amz-content-sha256', 's3:signatureAge'],
  ...['s3:ExistingObjectTag/a', 's3:RequestObjectTag/a', 's3:RequestObjectTagKeys', 's3:signatureversion'],
  ...['s3:x-amz-metadata-directive', 's3:x-amz-grant-read', 's3:if-match', 's3:if-none-match', 's3:TlsVersion'],
];
const conditionValue = fc.oneof(
  fc.constantFrom('127.0.0.1/8', '::/0', '*', '?', '2026-01-01T00:00:00Z', 'a*b*c*', 'true', '10', 'YQ=='),
  oddText,
  fc.boolean(),
  fc.integer(),
);
const statement = fc.record(
  {
    Effect: mostly(fc.constantFrom('Allow', 'Deny'), oddText),
    Principal: mostly(fc.constantFrom('*', { AWS: '*' }), fc.record({ AWS: oneOrMany(oddText) })),
    Action: mostly(
      fc.constantFrom('s3:*', 's3:GetObject', 's3:Put*', ['s3:?etObject', 's3:DeleteObject']),
      oneOrMany(oddText),
    ),
    Resource: mostly(fc.constantFrom('arn:aws:s3:::fuzz/*', 'arn:aws:s3:::versioned/*'), oneOrMany(oddText)),
    Condition: fc.dictionary(
      mostly(fc.constantFrom(...operators), oddText) as fc.Arbitrary<string>,
      fc.dictionary(
        mostly(fc.constantFrom(...conditionKeys), oddText) as fc.Arbitrary<string>,
        oneOrMany(conditionValue),
        {
          maxKeys: 2,
        },
      ),
      { maxKeys: 1 },
    ),
  },
  { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
);
const policy = fc.record({
  Version: mostly(fc.constant('2012-10-17'), oddText),
  Statement: oneOrMany(statement),
});

/** JSON: policies, what is nearly one, any other, and texts that are none. */
export const oddJson: fc.Arbitrary<Buffer> = fc
  .tuple(fc.oneof({ weight: 6, arbitrary: policy }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) }), edits)
  .map(([value, list]) => Buffer.from(edited(JSON.stringify(value), list)));

/** Bytes that are stored as they are. */
export const oddBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  bytes,
  fc.constantFrom(70_000, 200_000).map((size) => Buffer.alloc(size, 'x')),
);
