import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesETag, multipartETag, quoteETag, unquoteETag } from './etag.ts';

const etag = 'd41d8cd98f00b204e9800998ecf8427e';

test('quoting and unquoting undo one another', () => {
  assert.equal(quoteETag(etag), `"${etag}"`);
  for (const text of [`"${etag}"`, etag, `W/"${etag}"`, ` "${etag}" `]) assert.equal(unquoteETag(text), etag);
  assert.equal(unquoteETag('"'), '"');
  assert.equal(unquoteETag(''), '');
});

test('the ETag of parts is the MD5 of their MD5 digests', () => {
  const digest = (text: string) => createHash('md5').update(text).digest();
  const parts = ['one', 'two', 'three'].map(digest);
  const expected = createHash('md5').update(Buffer.concat(parts)).digest('hex');
  assert.equal(multipartETag(parts.map((part) => part.toString('hex'))), `${expected}-3`);
});

test('a list matches by any member, quoted or not, weak or not, and * matches all', () => {
  for (const header of [
    '*',
    ' * ',
    `"${etag}"`,
    etag,
    `"x", "${etag}"`,
    `x,${etag}`,
    `W/"${etag}"`,
    `"x,", "${etag}" ,`,
  ]) {
    assert.ok(matchesETag(header, etag), header);
  }
  for (const header of ['', '"x"', `"x${etag}"`, `"${etag}-1"`, '"*,"', `"a,${etag},b"`, ',', '"']) {
    assert.ok(!matchesETag(header, etag), header);
  }
});

test('an ETag among others is found wherever it stands', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{1,8}$/);
  const property = fc.property(fc.array(hex, { maxLength: 5 }), fc.array(hex, { maxLength: 5 }), (before, after) => {
    const header = [...before, 'found', ...after].map(quoteETag).join(', ');
    assert.ok(matchesETag(header, 'found'));
    assert.ok(!matchesETag([...before, ...after].map(quoteETag).join(','), 'found'));
  });
  fc.assert(property);
});
