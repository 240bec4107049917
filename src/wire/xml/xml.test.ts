import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../domain/errors.ts';
import { buildXml } from './build.ts';
import { parseXml } from './parse.ts';
import {
  attribute,
  boolean,
  element,
  enumeration,
  type Infer,
  integer,
  list,
  mixed,
  optional,
  text,
  timestamp,
} from './schema.ts';

const limits = { maxBytes: 4 * 1024 * 1024 };
const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const deletion = element({
  Quiet: optional(boolean()),
  Object: list(element({ Key: text(), VersionId: optional(text()) }), { min: 1, max: 1000 }),
});
const versioning = element({ Status: optional(enumeration('Enabled', 'Suspended')) });
const sample = element({
  Name: text(),
  Count: integer({ min: 0 }),
  Done: boolean(),
  When: timestamp(),
  Status: optional(enumeration('Enabled', 'Suspended')),
  Owner: optional(element({ ID: text(), DisplayName: optional(text()) })),
  Contents: list(element({ Key: text(), Size: integer() })),
});

function parseDeletion(document: string): Infer<typeof deletion> {
  return parseXml(deletion, 'Delete', Buffer.from(document), limits);
}

function assertMalformed(document: string | Buffer): void {
  const body = Buffer.isBuffer(document) ? document : Buffer.from(document);
  assert.throws(
    () => parseXml(deletion, 'Delete', body, limits),
    (error) => error instanceof StorageError && error.kind === 'MalformedXml',
    String(document).slice(0, 200),
  );
}

const one = '<Object><Key>a</Key></Object>';

test('a document is written in the order of its schema, with declaration and namespace', () => {
  const document = buildXml('Sample', sample, {
    Contents: [
      { Key: 'a', Size: 1 },
      { Key: 'b', Size: 2 },
    ],
    When: Date.UTC(2009, 9, 12, 17, 50, 30),
    Done: true,
    Count: 0,
    Name: 'x',
  });
  assert.equal(
    document,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Sample ${xmlns}><Name>x</Name><Count>0</Count><Done>true</Done>` +
      '<When>2009-10-12T17:50:30.000Z</When><Contents><Key>a</Key><Size>1</Size></Contents>' +
      '<Contents><Key>b</Key><Size>2</Size></Contents></Sample>',
  );
});

test('text is escaped as S3 escapes it', () => {
  const document = buildXml('Key', text(), '<a & "b">\t\n\r\u0001\u007f\uffff\u{1f600}\'');
  const escaped = "&lt;a &amp; &quot;b&quot;&gt;\t\n&#xD;&#x1;&#x7F;&#xFFFF;\u{1f600}'";
  assert.equal(document, `<?xml version="1.0" encoding="UTF-8"?>\n<Key ${xmlns}>${escaped}</Key>`);
});

test('a scalar may be the root', () => {
  const document = buildXml('LocationConstraint', text(), 'eu-central-1');
  assert.equal(parseXml(text(), 'LocationConstraint', Buffer.from(document), limits), 'eu-central-1');
});

test('whatever is written is read back', () => {
  const xmlText = fc
    .string({ unit: 'binary' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot carry
    .filter((value) => value.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value));
  const size = fc.maxSafeNat().map((value) => value % 1e15);
  const values: fc.Arbitrary<Infer<typeof sample>> = fc.record(
    {
      Name: xmlText,
      Count: size,
      Done: fc.boolean(),
      When: fc.integer({ min: 0, max: 4102444800000 }),
      Status: fc.constantFrom('Enabled' as const, 'Suspended' as const),
      Owner: fc.record({ ID: xmlText, DisplayName: xmlText }, { requiredKeys: ['ID'] }),
      Contents: fc.array(fc.record({ Key: xmlText, Size: size }), { maxLength: 4 }),
    },
    { requiredKeys: ['Name', 'Count', 'Done', 'When', 'Contents'], noNullPrototype: true },
  );
  const property = fc.property(values, (value) => {
    const document = buildXml('Sample', sample, value);
    const read = parseXml(sample, 'Sample', Buffer.from(document), limits);
    assert.equal(JSON.stringify(sorted(read)), JSON.stringify(sorted(value)));
  });
  fc.assert(property, { numRuns: 100 });
});

/** The same value with its properties in one order, and without null prototypes. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

test('versions and delete markers keep their common order', () => {
  const schema = element({
    Entries: mixed({ Version: element({ Key: text() }), DeleteMarker: element({ Key: text(), IsLatest: boolean() }) }),
  });
  const value: Infer<typeof schema> = {
    Entries: [
      { element: 'DeleteMarker', value: { Key: 'a', IsLatest: true } },
      { element: 'Version', value: { Key: 'a' } },
      { element: 'DeleteMarker', value: { Key: 'b', IsLatest: false } },
    ],
  };
  const document = buildXml('Listing', schema, value);
  const markers = '<DeleteMarker><Key>a</Key><IsLatest>true</IsLatest></DeleteMarker><Version><Key>a</Key></Version>';
  assert.ok(document.includes(markers));
  assert.deepEqual(parseXml(schema, 'Listing', Buffer.from(document), limits), value);
});

test('an attribute is written with its namespace, and read under any prefix', () => {
  const schema = element({
    Type: attribute(enumeration('CanonicalUser', 'Group'), 'xsi:type'),
    ID: optional(text()),
  });
  const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
  const document = buildXml('Grantee', schema, { Type: 'CanonicalUser', ID: 'x' });
  assert.ok(document.includes(`<Grantee ${xmlns} xmlns:xsi="${xsi}" xsi:type="CanonicalUser"><ID>x</ID></Grantee>`));
  for (const prefix of ['xsi', 'i']) {
    const body = Buffer.from(`<Grantee xmlns:${prefix}="${xsi}" ${prefix}:type="Group"/>`);
    assert.deepEqual(parseXml(schema, 'Grantee', body, limits), { Type: 'Group' });
  }
  assert.throws(() => parseXml(schema, 'Grantee', Buffer.from('<Grantee/>'), limits), { kind: 'MalformedXml' });
});

test('the root is accepted in S3’s namespaces, under a prefix and in none', () => {
  const expected = { Object: [{ Key: 'a' }] };
  assert.deepEqual(parseDeletion(`<Delete>${one}</Delete>`), expected);
  assert.deepEqual(parseDeletion(`<Delete ${xmlns}>${one}</Delete>`), expected);
  assert.deepEqual(parseDeletion(`<Delete xmlns="http://doc.s3.amazonaws.com/2006-03-01">${one}</Delete>`), expected);
  const prefixed =
    '<s:Delete xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/"><s:Object><s:Key>a</s:Key></s:Object></s:Delete>';
  assert.deepEqual(parseDeletion(prefixed), expected);
  assertMalformed(`<Delete xmlns="http://example.com/">${one}</Delete>`);
});

test('white space, comments, CDATA, references, a byte order mark and any order are fine', () => {
  const document = `\ufeff<?xml version='1.0' encoding='utf-8'?>
    <!-- first -->
    <Delete>
      <Object><!-- a key --><VersionId/><Key> a&amp;&#98;<![CDATA[<c>]]> </Key></Object>
      <Quiet> true </Quiet>
    </Delete>
    <!-- last -->`;
  assert.deepEqual(parseDeletion(document), { Quiet: true, Object: [{ Key: ' a&b<c> ', VersionId: '' }] });
});

test('foreign attributes of XML itself are ignored, others are not', () => {
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x"';
  assert.deepEqual(parseDeletion(`<Delete ${xsi} xml:lang="en">${one}</Delete>`), { Object: [{ Key: 'a' }] });
  assertMalformed(`<Delete mode="x">${one}</Delete>`);
  assertMalformed(`<Delete xsi:type="x">${one}</Delete>`);
});

test('what the schema does not know or does not allow is malformed', () => {
  assertMalformed(`<Delete>${one}<Extra/></Delete>`);
  assertMalformed(`<Other>${one}</Other>`);
  assertMalformed('<Delete></Delete>');
  assertMalformed('<Delete><Object></Object></Delete>');
  assertMalformed('<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>');
  assertMalformed(`<Delete>${one}text</Delete>`);
  assertMalformed('<Delete><Object><Key>a<b/></Key></Object></Delete>');
  assertMalformed(`<Delete><Quiet>yes</Quiet>${one}</Delete>`);
  assertMalformed(`<Delete>${one.repeat(1001)}</Delete>`);
  assertMalformed(`<Delete><__proto__/>${one}</Delete>`);
  assertMalformed(`<Delete><constructor/>${one}</Delete>`);
  assert.equal(parseDeletion(`<Delete>${one.repeat(1000)}</Delete>`).Object.length, 1000);
});

test('what is not well-formed is malformed', () => {
  const bad = [
    '',
    ' ',
    'x',
    '{}',
    '<Delete>',
    '<Delete/><Delete/>',
    `<Delete>${one}</Delet>`,
    `<Delete>${one}</Delete>x`,
  ];
  bad.push('<Delete', '<Delete>&unknown;</Delete>', `<Delete a="1" a="2">${one}</Delete>`, '\0');
  for (const document of bad) assertMalformed(document);
  assertMalformed(
    Buffer.from([...Buffer.from('<Delete><Object><Key>'), 0xff, ...Buffer.from('</Key></Object></Delete>')]),
  );
  assertMalformed(Buffer.from(`<Delete>${one}</Delete>`, 'utf16le'));
  assertMalformed(`<?xml version="1.0" encoding="ISO-8859-1"?><Delete>${one}</Delete>`);
});

test('document types, entities and processing instructions are refused', () => {
  assertMalformed(`<!DOCTYPE Delete><Delete>${one}</Delete>`);
  assertMalformed(
    `<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&e;</Key></Object></Delete>`,
  );
  assertMalformed(`<Delete><?php x?>${one}</Delete>`);
});

test('a hundred thousand attributes or nested elements are refused', () => {
  const count = 100_000;
  assertMalformed(`<Delete ${Array.from({ length: count }, (_, at) => `a${at}="1"`).join(' ')}>${one}</Delete>`);
  assertMalformed(`<Delete ${Array.from({ length: count }, (_, at) => `xmlns:a${at}="1"`).join(' ')}>${one}</Delete>`);
  assertMalformed('<Delete>'.repeat(count));
  assertMalformed(`<Delete>${'<Object>'.repeat(count)}`);
  assertMalformed(`<Delete>${one.repeat(count)}</Delete>`);
  assertMalformed(`<Delete>${'&amp;'.repeat(count)}</Delete>`);
});

test('a schema may nest sixteen deep, and no deeper', () => {
  const nested = (depth: number): Parameters<typeof optional>[0] =>
    depth === 0 ? text() : element({ A: optional(nested(depth - 1)) });
  const document = (depth: number) => Buffer.from(`${'<A>'.repeat(depth)}${'</A>'.repeat(depth)}`);
  assert.ok(parseXml(nested(30), 'A', document(16), limits));
  assert.throws(() => parseXml(nested(30), 'A', document(17), limits), { kind: 'MalformedXml' });
});

test('more bytes than allowed are refused before they are looked at', () => {
  const body = Buffer.from(`<Delete>${one}</Delete>`);
  assert.throws(() => parseXml(deletion, 'Delete', body, { maxBytes: body.length - 1 }), {
    kind: 'MaxMessageLengthExceeded',
  });
});

test('timestamps are read as clients write them', () => {
  const read = (value: string) => parseXml(timestamp(), 'T', Buffer.from(`<T>${value}</T>`), limits);
  assert.equal(read('2030-01-02T03:04:05Z'), Date.UTC(2030, 0, 2, 3, 4, 5));
  assert.equal(read('2030-01-02T03:04:05.678Z'), Date.UTC(2030, 0, 2, 3, 4, 5, 678));
  assert.equal(read('2030-01-02T03:04:05+02:00'), Date.UTC(2030, 0, 2, 1, 4, 5));
  assert.equal(read('2030-01-02'), Date.UTC(2030, 0, 2));
  for (const bad of [
    '',
    'tomorrow',
    '2030',
    '2030-13-01',
    '1.5',
    '2030-01-02T03:04:05',
    '2030-02-30T00:00:00Z',
    '2030-02-30',
  ]) {
    assert.throws(() => read(bad), { kind: 'MalformedXml' }, bad);
  }
});

test('timestamps are written as the language writes them', () => {
  const property = fc.property(fc.array(fc.integer({ min: -62135596800000, max: 253402300799999 })), (moments) => {
    const schema = element({ T: list(timestamp()) });
    const document = buildXml('Times', schema, { T: moments });
    const written = [...document.matchAll(/<T>(.*?)<\/T>/g)].map((match) => match[1]);
    assert.deepEqual(
      written,
      moments.map((moment) => new Date(moment).toISOString()),
    );
  });
  fc.assert(property);
});

test('numbers are read exactly or not at all', () => {
  const read = (value: string) =>
    parseXml(integer({ min: 1, max: 10000 }), 'N', Buffer.from(`<N>${value}</N>`), limits);
  assert.equal(read(' 10000 '), 10000);
  for (const bad of ['', '0', '10001', '1.0', '1e3', '0x10', '-1', 'NaN', '9'.repeat(400)]) {
    assert.throws(() => read(bad), { kind: 'MalformedXml' }, bad);
  }
});

test('any bytes are either a value or a refusal, never another failure', () => {
  const pieces = [
    '<',
    '>',
    '/',
    'Delete',
    'Object',
    'Key',
    '<Delete>',
    '</Delete>',
    one,
    '&',
    ';',
    '<!',
    '[',
    '"',
    '=',
    ' ',
  ];
  const property = fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 20 }), (parts) => {
    try {
      const value = parseXml(deletion, 'Delete', Buffer.from(parts.join('')), limits);
      assert.ok(value.Object.length >= 1);
    } catch (error) {
      assert.ok(error instanceof StorageError && error.kind === 'MalformedXml', String(error));
    }
  });
  fc.assert(property, { numRuns: 500 });
});

test('a versioning status that S3 does not know is malformed, none at all is fine', () => {
  const read = (document: string) => parseXml(versioning, 'VersioningConfiguration', Buffer.from(document), limits);
  assert.deepEqual(read('<VersioningConfiguration/>'), {});
  assert.throws(() => read('<VersioningConfiguration><Status>On</Status></VersioningConfiguration>'), {
    kind: 'MalformedXml',
  });
});
