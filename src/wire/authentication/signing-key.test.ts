import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSignerCache, deriveSigner } from './signing-key.ts';

function derivedByHmac(secret: string, scope: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  return key;
}

test('signs as HMAC-SHA256 does, for secrets of any length and any script', () => {
  const secrets = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 150 });
  fc.assert(
    fc.property(secrets, fc.string({ unit: 'binary-ascii', maxLength: 300 }), (secret, text) => {
      const scope = '20130524/us-east-1/s3/aws4_request';
      const expected = createHmac('sha256', derivedByHmac(secret, scope)).update(text).digest('hex');
      assert.equal(deriveSigner(secret, scope).sign(text), expected);
    }),
    { numRuns: 100 },
  );
});

test('a cached signer is used again, and derived anew when the secret was replaced', () => {
  const cache = createSignerCache();
  const scope = '20130524/us-east-1/s3/aws4_request';
  const first = cache.signerFor({ accessKeyId: 'A', secretAccessKey: 'one' }, scope);
  assert.equal(cache.signerFor({ accessKeyId: 'A', secretAccessKey: 'one' }, scope), first);
  const replaced = cache.signerFor({ accessKeyId: 'A', secretAccessKey: 'two' }, scope);
  assert.equal(replaced.sign('x'), deriveSigner('two', scope).sign('x'));
});

test('the cache forgets the oldest signer when it is full', () => {
  const cache = createSignerCache(2);
  const credential = { accessKeyId: 'A', secretAccessKey: 'one' };
  const first = cache.signerFor(credential, '20130524/us-east-1/s3/aws4_request');
  const second = cache.signerFor(credential, '20130525/us-east-1/s3/aws4_request');
  cache.signerFor(credential, '20130526/us-east-1/s3/aws4_request');
  assert.equal(cache.signerFor(credential, '20130525/us-east-1/s3/aws4_request'), second);
  assert.notEqual(cache.signerFor(credential, '20130524/us-east-1/s3/aws4_request'), first);
});
