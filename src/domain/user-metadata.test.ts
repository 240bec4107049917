import assert from 'node:assert/strict';
import { validateHeaderValue } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkUserMetadata, decodeMetadataText, encodeMetadataText, metadataHeader } from './user-metadata.ts';

/** A header value as Node gives it: the bytes as Latin-1. */
const received = (text: string): string => Buffer.from(text).toString('latin1');

function isHeader(raw: string): boolean {
  try {
    validateHeaderValue('x-amz-meta-any', raw);
    return true;
  } catch {
    return false;
  }
}

test('ASCII stands for itself', () => {
  for (const text of ['', 'plain', 'a=b?c', ' ']) {
    assert.equal(metadataHeader(text), text);
    assert.equal(decodeMetadataText(text), text);
    assert.equal(encodeMetadataText(text), text);
  }
});

test('UTF-8 is shown as text, and answered in Latin-1 or as an encoded word', () => {
  assert.equal(decodeMetadataText(received('é ✓')), 'é ✓');
  assert.equal(metadataHeader(received('Hello World\xe9')), 'Hello World\xe9');
  assert.equal(metadataHeader(received('\t\xa0ÿ~')), '\t\xa0ÿ~');
  assert.equal(metadataHeader(received('é ✓')), '=?UTF-8?B?w6kg4pyT?=');
  assert.equal(metadataHeader(received('\x85')), '=?UTF-8?B?woU=?=');
  assert.equal(metadataHeader('=?UTF-8?B?w6k=?='), '=?UTF-8?B?w6k=?=');
});

test('bytes that are no UTF-8 go back as they came', () => {
  assert.equal(metadataHeader('Hello World\xe9'), 'Hello World\xe9');
  assert.equal(decodeMetadataText('Hello World\xe9'), 'Hello World\xe9');
});

test('encoded words are read in both encodings, and joined', () => {
  assert.equal(decodeMetadataText('=?utf-8?b?w6k=?='), 'é');
  assert.equal(decodeMetadataText('=?UTF-8?Q?a_=C3=A9?='), 'a é');
  assert.equal(decodeMetadataText('=?ISO-8859-1?Q?=E9?='), 'é');
  assert.equal(decodeMetadataText('x =?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?= y'), 'x éé y');
  for (const broken of ['=?UTF-8?B?/w==?=', '=?UTF-8?X?a?=', '=?UTF-8?B?w6k=', '=?x?B?w6k=?=']) {
    assert.equal(decodeMetadataText(broken), broken);
  }
});

test('any text can be kept and told back', () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    const raw = encodeMetadataText(text);
    assert.match(raw, /^[\x20-\x7e]*$/);
    assert.equal(decodeMetadataText(raw), text);
    assert.equal(metadataHeader(raw), raw);
  });
  fc.assert(property);
});

test('any bytes that a header may have give a header', () => {
  const latin1 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1'));
  const utf8 = fc.string({ unit: 'grapheme' }).map(received);
  const property = fc.property(fc.oneof(latin1, utf8).filter(isHeader), (raw) => {
    assert.equal(typeof decodeMetadataText(raw), 'string');
    validateHeaderValue('x-amz-meta-any', metadataHeader(raw));
  });
  fc.assert(property);
});

test('text in Latin-1 and encoded words are read back as they were written', () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    fc.pre(isHeader(received(text)) && !text.includes('=?'));
    const answered = metadataHeader(received(text));
    assert.equal(/[^\x20-\x7e]/.test(answered) ? answered : decodeMetadataText(answered), text);
  });
  fc.assert(property);
});

test('names and values together have 2 KB', () => {
  checkUserMetadata({ a: 'x'.repeat(1000), b: 'y'.repeat(1046) });
  assert.throws(() => checkUserMetadata({ a: 'x'.repeat(1000), b: 'y'.repeat(1047) }), {
    kind: 'MetadataTooLarge',
    details: { fields: { Size: 2049, MaxSizeAllowed: 2048 } },
  });
});
