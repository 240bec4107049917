import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import { websiteServer } from './website-server.ts';

const web = websiteServer({ keepsRefusals: true });

test('why a page is forbidden is told to the owner of the bucket', async () => {
  const site = await web.site();
  await site.put('private.html', '<p>not for all</p>');
  const page = await site.ask('/private.html');
  assert.equal(page.status, 403);
  await web.server.settle();
  const RequestId = page.headers['x-amz-request-id']!;
  const told = await sendQuery(web.server, {
    service: 'cairn',
    parameters: { Action: 'ExplainDecision', RequestId },
  });
  assert.equal(elementOf(told, 'Resource'), `arn:aws:s3:::${site.bucket}/private.html`, told.text);
  assert.deepEqual([elementOf(told, 'Operation'), elementOf(told, 'Principal')], ['Website', 'anonymous']);
});
