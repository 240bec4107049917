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

const scopeOf = (day: string) => ({ accessKeyId: 'A', scope: `${day}/us-east-1/s3/aws4_request` });

test('a cached signer is used again, and derived anew when the secret was replaced', () => {
  const cache = createSignerCache();
  const credential = scopeOf('20130524');
  const first = cache.signerFor(credential, 'one');
  assert.equal(cache.signerFor(credential, 'one'), first);
  assert.equal(cache.signerFor(scopeOf('20130524'), 'one'), first, 'another object that says the same');
  const expected = deriveSigner('two', credential.scope).sign('x');
  assert.equal(cache.signerFor(credential, 'two').sign('x'), expected);
  assert.equal(cache.signerFor(scopeOf('20130524'), 'two').sign('x'), expected);
});

test('the cache forgets the oldest signer when it is full', () => {
  const cache = createSignerCache(2);
  const first = cache.signerFor(scopeOf('20130524'), 'one');
  const second = cache.signerFor(scopeOf('20130525'), 'one');
  cache.signerFor(scopeOf('20130526'), 'one');
  assert.equal(cache.signerFor(scopeOf('20130525'), 'one'), second);
  assert.notEqual(cache.signerFor(scopeOf('20130524'), 'one'), first);
});
