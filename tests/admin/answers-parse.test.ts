import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import { sendRaw } from '../operations/send-raw.ts';
import { putBucket } from '../refusals/refused-server.ts';
import { startS3Server } from '../s3-server.ts';
import { admin, makeTenant } from './send-admin.ts';

test('whoever is refused an odd key spoils no answer of those who ask what was refused', async () => {
  await using server = await startS3Server({ keepsRefusals: true });
  await putBucket(server, 'bucket');
  const { keys: credentials } = await makeTenant(server, 'stranger');
  const path = '/bucket/\u0001\u001b[31m\ufffe\r\n\t\x7f';
  const response = await sendRaw(server, { method: 'GET', path, credentials });
  assert.equal(response.status, 403, response.text);
  await server.settle();
  const RequestId = response.headers['x-amz-request-id']!;
  const answers = [await admin(server, 'ListRefusals'), await admin(server, 'ExplainDecision', { RequestId })];
  for (const { text } of answers) {
    const parser = new SaxesParser();
    let resource = '';
    let name = '';
    parser.on('opentag', (tag) => {
      ({ name } = tag);
    });
    parser.on('text', (read) => {
      if (name === 'Resource' && read.startsWith('arn')) resource = read;
    });
    parser.write(text).close();
    assert.equal(resource, 'arn:aws:s3:::bucket/\ufffd\ufffd[31m\ufffd\r\n\t\x7f');
  }
});
