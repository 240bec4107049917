import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../foundation/clock.ts';
import { respond } from './respond.ts';

for (const status of [200, 204, 304]) {
  test(`a header that cannot be sent with a ${status} leaves room for an error document`, async () => {
    const server = createServer(async (request, response) => {
      const addressee = { request, response, requestId: 'r', hostId: 'h', clock: systemClock, bodyWithheld: false };
      await assert.rejects(async () => respond(addressee, { status, headers: { 'x-odd': '\u{1f600}' } }), {
        code: 'ERR_INVALID_CHAR',
      });
      await respond(addressee, { status: 500, headers: {}, body: '<Error/>' });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    assert.equal(answer.status, 500);
    assert.equal(await answer.text(), '<Error/>');
    server.close();
  });
}
