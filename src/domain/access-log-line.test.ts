import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AccessLogEntry, accessLogLine } from './access-log-line.ts';

const owner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const full: AccessLogEntry = {
  bucketOwner: owner,
  bucket: 'shop',
  receivedAt: Date.UTC(2019, 1, 6, 0, 1, 57),
  remoteAddress: '192.0.2.3',
  requester: owner,
  requestId: 'DD6CC733AEXAMPLE',
  operation: 'REST.PUT.OBJECT',
  key: 'photos/a b.jpg',
  requestLine: 'PUT /shop/photos/a%20b.jpg HTTP/1.1',
  status: 200,
  errorCode: undefined,
  bytesSent: 0,
  objectSize: 4406583,
  totalMilliseconds: 41754,
  turnAroundMilliseconds: 28,
  referer: undefined,
  userAgent: 'S3Console/0.4',
  versionId: undefined,
  hostId: '10S62Zv81kBW7BB6',
  signatureVersion: 'SigV4',
  cipherSuite: 'ECDHE-RSA-AES128-SHA',
  authenticationType: 'AuthHeader',
  host: 'shop.s3.example.com',
  tlsVersion: '1.2',
  aclRequired: true,
};

/** As the documentation's own pattern takes lines apart. */
const pattern =
  /^(\S+) (\S+) \[(.*?)\] (\S+) (\S+) (\S+) (\S+) (\S+) "([^"]*)" (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\n$/;

test('a line has the 26 fields of S3, in their order', () => {
  assert.equal(
    accessLogLine(full),
    `${owner} shop [06/Feb/2019:00:01:57 +0000] 192.0.2.3 ${owner} DD6CC733AEXAMPLE REST.PUT.OBJECT photos/a%20b.jpg "PUT /shop/photos/a%20b.jpg HTTP/1.1" 200 - - 4406583 41754 28 "-" "S3Console/0.4" - 10S62Zv81kBW7BB6 SigV4 ECDHE-RSA-AES128-SHA AuthHeader shop.s3.example.com TLSv1.2 - Yes\n`,
  );
});

test('what is unknown or does not apply is a dash', () => {
  const line = accessLogLine({
    ...full,
    requester: undefined,
    key: undefined,
    objectSize: undefined,
    turnAroundMilliseconds: undefined,
    userAgent: undefined,
    signatureVersion: undefined,
    cipherSuite: undefined,
    authenticationType: undefined,
    host: undefined,
    tlsVersion: undefined,
    aclRequired: false,
  });
  const fields = pattern.exec(line)!.slice(1);
  for (const index of [4, 7, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25]) {
    assert.equal(fields[index], '-', `field ${index}`);
  }
});

test('no client can end a field or begin a line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('" 200 - "', 'a\nb', '\u2028', '\\"', '"', ' ', ''),
  );
  fc.assert(
    fc.property(text, text, text, text, text, (key, requestLine, referer, userAgent, versionId) => {
      const line = accessLogLine({ ...full, key, requestLine, referer, userAgent, versionId, host: referer });
      const fields = pattern.exec(line);
      assert.ok(fields, line);
      assert.match(line, /^[\x20-\x7e]+\n$/);
      assert.equal(fields[10], '200');
    }),
  );
});

test('bytes of headers are encoded as the bytes they were', () => {
  const line = accessLogLine({ ...full, userAgent: Buffer.from('ü').toString('latin1') });
  assert.match(line, /"%C3%BC" - 10S/);
});
