import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { signV4, targetOf } from '../../../tests/signing/sign-v4.ts';
import { encodePath, encodeQuery, signedHeaders } from './signed-headers.ts';

const credentials = { accessKeyId: 'key-id', secretAccessKey: 'a-secret', region: 'eu-x-1' };
const texts = fc.string({ unit: 'grapheme', maxLength: 20 });

test('what is signed is what a signer of its own makes of it', () => {
  const requests = fc.record({
    key: texts,
    query: fc.dictionary(texts, texts, { maxKeys: 4 }),
    metadata: fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,30}$/),
    now: fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  });
  fc.assert(
    fc.property(requests, ({ key, query, metadata, now }) => {
      const path = `/bucket/${key}`;
      const pairs = Object.entries(query);
      const host = 'store.example:9000';
      const payloadHash = 'UNSIGNED-PAYLOAD';
      const headers = { 'x-amz-meta-m': metadata, 'content-length': '3' };
      const expected = signV4({
        method: 'PUT',
        host,
        path,
        query: pairs,
        headers,
        credentials,
        region: credentials.region,
        date: new Date(now),
        payload: payloadHash,
      });
      const request = { method: 'PUT', host, path, query: pairs, headers, payloadHash };
      assert.equal(signedHeaders(request, credentials, now).authorization, expected.headers.authorization);
      assert.equal(encodePath(path), targetOf({ path }));
      assert.deepEqual(
        encodeQuery(pairs).split('&').sort(),
        targetOf({ path: '', query: pairs }).slice(1).split('&').sort(),
      );
    }),
  );
});
