import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from './outcome.ts';

test('what authenticates is not in a target for logs, the rest is as it was', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/bucket/a%20b', '/bucket/a%20b'],
    ['/bucket?list-type=2&prefix=a%2Fb', '/bucket?list-type=2&prefix=a%2Fb'],
    [
      '/b/k?X-Amz-Credential=A%2F1&X-Amz-Expires=60&X-Amz-Signature=f00',
      '/b/k?X-Amz-Credential=***&X-Amz-Expires=60&X-Amz-Signature=***',
    ],
    ['/b/k?x-amz-security-token=t', '/b/k?x-amz-security-token=***'],
    ['/b/k?X-Amz-Signat%75re=f00', '/b/k?X-Amz-Signat%75re=***'],
    ['/b/k?AWSAccessKeyId=a&Signature=s&Expires=1', '/b/k?AWSAccessKeyId=***&Signature=***&Expires=1'],
    ['/b/k?%=1&acl', '/b/k?%=1&acl'],
  ];
  for (const [target, expected] of cases) assert.equal(withoutSecrets(target), expected);
});
