import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { StorageError } from '../domain/errors.ts';
import { errorDocument } from './error-document.ts';

const context = { resource: '/bucket/key', requestId: '4442587FB7D0A2F9', hostId: 'host' };

test('a document has code, message, extra fields, resource and ids, in this order', () => {
  const error = new StorageError('NoSuchKey', { fields: { Key: 'a&b' } });
  assert.equal(
    errorDocument(error, context),
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
      '<Key>a&amp;b</Key><Resource>/bucket/key</Resource><RequestId>4442587FB7D0A2F9</RequestId><HostId>host</HostId></Error>',
  );
});

test('the message of the failure itself goes before that of the catalogue', () => {
  const document = errorDocument(new StorageError('InvalidRequest', { message: 'No.' }), context);
  assert.match(document, /<Code>InvalidRequest<\/Code><Message>No\.<\/Message>/);
});

test('numbers are written, and a field named Resource takes the place of the path', () => {
  const fields = { MaxSizeAllowed: 1024, Resource: '/other' };
  const document = errorDocument(new StorageError('KeyTooLong', { fields }), context);
  assert.match(document, /<MaxSizeAllowed>1024<\/MaxSizeAllowed><Resource>\/other<\/Resource><RequestId>/);
});

test('the document parses and tells back what was put in, whatever that is', () => {
  const property = fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (message, resource) => {
    const document = errorDocument(new StorageError('InvalidArgument', { message }), { ...context, resource });
    const texts: Record<string, string> = {};
    let name = '';
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', (tag) => {
      name = tag.name;
    });
    parser.on('text', (text) => {
      texts[name] = (texts[name] ?? '') + text;
    });
    parser.write(document).close();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot carry
    const expected = message.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
    assert.equal(texts.Message ?? '', expected);
  });
  fc.assert(property, { numRuns: 200 });
});
