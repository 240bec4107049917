import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { sendQuery } from '../identity/send-query.ts';
import { startS3Server } from '../s3-server.ts';
import { signV4 } from '../signing/sign-v4.ts';
import { admin, makeTenant } from './send-admin.ts';

test('one who sends large bodies slowly takes no room of others', async () => {
  await using server = await startS3Server();
  const { keys: credentials } = await makeTenant(server, 'slow');
  const { headers } = signV4({
    ...{ method: 'POST', host: server.host, path: '/', service: 'cairn', credentials, date: new Date() },
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-amz-content-sha256': 'a'.repeat(64) },
  });
  const lines = Object.entries({ ...headers, 'content-length': '33554432' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const sockets = Array.from({ length: 4 }, () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nA`);
    return socket;
  });
  try {
    // The first that finds no room is answered: by then others have taken theirs, and wait for their bodies.
    const [first] = await Promise.race(
      sockets.map(
        (socket) => new Promise<string[]>((resolve) => socket.once('data', (data) => resolve([String(data)]))),
      ),
    );
    assert.match(first!, /Throttling/);
    assert.equal((await sendQuery(server, { parameters: { Action: 'ListUsers' } })).status, 200);
    await admin(server, 'ListTenants');
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
