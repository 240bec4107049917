import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sendQuery } from '../identity/send-query.ts';
import { sendRaw } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import { type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';

const serverOf = ({ port, accessKey, secretKey }: SpawnedServer) =>
  ({
    host: `127.0.0.1:${port}`,
    port,
    root: { accessKeyId: accessKey, secretAccessKey: secretKey },
  }) as TestServer;

test('what is known of refusals and of the use of keys is kept when the server stops', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const first = await spawnServer(t, { data });
  const server = serverOf(first);
  await sendQuery(server, { parameters: { Action: 'CreateUser', UserName: 'ann' } });
  const made = (await sendQuery(server, { parameters: { Action: 'CreateAccessKey', UserName: 'ann' } })).text;
  const text = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(made)![1]!;
  const keys = { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') };
  const refused = await sendRaw(server, { method: 'PUT', path: '/bucket', credentials: keys });
  assert.equal(refused.status, 403);
  assert.equal(await first.stop(), 0);
  const again = serverOf(await spawnServer(t, { data }));
  const used = await sendQuery(again, {
    parameters: { Action: 'GetAccessKeyLastUsed', AccessKeyId: keys.accessKeyId },
  });
  assert.match(used.text, /<ServiceName>s3<\/ServiceName>/, used.text);
  const explained = await sendQuery(again, {
    service: 'cairn',
    parameters: { Action: 'ExplainDecision', RequestId: refused.headers['x-amz-request-id']! },
  });
  assert.equal(explained.status, 200, explained.text);
});

test('where refusals are to be kept for no time, none is', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const first = await spawnServer(t, { data, environment: { CAIRN_REFUSAL_HOURS: '0' } });
  const server = serverOf(first);
  const body = Buffer.from(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::bucket' }],
    }),
  );
  await sendRaw(server, { method: 'PUT', path: '/bucket' });
  await sendRaw(server, { method: 'PUT', path: '/bucket', query: [['policy', '']], body });
  assert.equal((await sendRaw(server, { method: 'GET', path: '/bucket' })).status, 403);
  assert.equal(await first.stop(), 0);
  const again = serverOf(await spawnServer(t, { data }));
  const listed = await sendQuery(again, { service: 'cairn', parameters: { Action: 'ListRefusals' } });
  assert.equal(listed.status, 200);
  assert.equal(listed.text.slice(0, listed.text.indexOf('</ListRefusalsResult>')).includes('<RequestId>'), false);
});
