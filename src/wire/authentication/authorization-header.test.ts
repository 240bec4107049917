import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../../domain/errors.ts';
import { AuthorizationHeaders } from './authorization-header.ts';

const expected = { region: 'eu-1', service: 's3' };
const preamble = (region = 'eu-1', names = 'host;x-amz-date') =>
  `AWS4-HMAC-SHA256 Credential=KEY/20261122/${region}/s3/aws4_request, SignedHeaders=${names}, Signature=`;
const signature = (digit: string) => digit.repeat(64);

function isMalformed(pattern: RegExp) {
  return (error: unknown) =>
    error instanceof StorageError &&
    error.kind === 'AuthorizationHeaderMalformed' &&
    pattern.test(error.details.message ?? '');
}

test('the next header of a client is read like its first', () => {
  const headers = new AuthorizationHeaders();
  for (const digit of ['a', 'b', 'a']) {
    const read = headers.read(preamble() + signature(digit), expected);
    assert.deepEqual(read, new AuthorizationHeaders().read(preamble() + signature(digit), expected));
    assert.equal(read.signature, signature(digit));
    assert.deepEqual(read.signedHeaders, { names: ['host', 'x-amz-date'], list: 'host;x-amz-date' });
    assert.equal(read.credential.scope, '20261122/eu-1/s3/aws4_request');
  }
  const other = headers.read(preamble('eu-1', 'host') + signature('a'), expected);
  assert.deepEqual(other.signedHeaders.names, ['host']);
});

test('a header that was read for one endpoint is still refused by another', () => {
  const headers = new AuthorizationHeaders();
  headers.read(preamble() + signature('a'), expected);
  assert.throws(
    () => headers.read(preamble() + signature('a'), { region: 'us-2', service: 's3' }),
    isMalformed(/region 'eu-1' is wrong; expecting 'us-2'/),
  );
  assert.throws(
    () => headers.read(preamble() + signature('a'), { region: 'eu-1', service: 'iam' }),
    isMalformed(/incorrect service "s3"/),
  );
});

test('what is malformed is malformed after a good header, too', () => {
  const headers = new AuthorizationHeaders();
  headers.read(preamble() + signature('a'), expected);
  assert.throws(() => headers.read(preamble(), expected), isMalformed(/malformed|missing/));
  assert.throws(() => headers.read(`${preamble()}, x`, expected), isMalformed(/three components/));
  assert.throws(() => headers.read(preamble('us-2') + signature('a'), expected), isMalformed(/region 'us-2'/));
  assert.throws(() => headers.read(preamble('us-2') + signature('a'), expected), isMalformed(/region 'us-2'/));
});
