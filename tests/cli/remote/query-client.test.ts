import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { QueryConnection } from '../../../src/cli/remote/query-client.ts';
import { RemoteFailure, ServerError } from '../../../src/cli/remote/server-error.ts';
import type { Clock } from '../../../src/foundation/clock.ts';
import { systemRandom } from '../../../src/foundation/random.ts';

/** Waits for nothing, but for the limit of a whole call, which passes when the test says so. */
function impatientClock() {
  const pauses: number[] = [];
  let end = () => {};
  const limit = 60_000;
  const clock: Clock = {
    now: () => Date.UTC(2026, 0, 1),
    async sleep(milliseconds, signal) {
      if (milliseconds < limit) return void pauses.push(milliseconds);
      await new Promise<void>((resolve) => {
        end = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
    },
  };
  return { clock, pauses, endTime: () => end() };
}

async function setting(t: TestContext, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const time = impatientClock();
  const endpoint = `http://127.0.0.1:${port}`;
  const connection = new QueryConnection({ endpoint, region: 'r', clock: time.clock, random: systemRandom() });
  t.after(() => {
    connection.close();
    server.closeAllConnections();
    server.close();
  });
  return { ...time, client: connection.client({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' }) };
}

const failure = (code: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
const answer = '<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>';

test('what a busy server refuses is asked again, later each time', async (t) => {
  const statuses = [503, 400, 500];
  const seen: string[] = [];
  const { client, pauses } = await setting(t, (request, response) => {
    seen.push(request.headers.authorization ?? '');
    const status = statuses.shift();
    if (status === undefined) return void response.end(answer);
    response.writeHead(status).end(failure(status === 400 ? 'Throttling' : 'ServiceUnavailable'));
  });
  assert.deepEqual({ ...(await client.call('iam', 'ListUsers')) }, { Users: [] });
  assert.equal(seen.length, 4);
  assert.match(
    seen[0]!,
    /Credential=a\/20260101\/r\/iam\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token/,
  );
  assert.equal(pauses.length, 3);
  assert.ok(
    pauses.every((pause, i) => pause >= 100 * 2 ** i && pause < 200 * 2 ** i),
    pauses.join(),
  );
});

test('a refusal is final, and says what it is', async (t) => {
  let asked = 0;
  const { client } = await setting(t, (_request, response) => {
    asked++;
    response.writeHead(404, { 'x-amzn-requestid': 'ID' }).end(failure('NoSuchEntity'));
  });
  await assert.rejects(client.call('iam', 'GetUser'), (error) => {
    assert.ok(error instanceof ServerError);
    assert.deepEqual([error.code, error.exitCode, error.details.requestId], ['NoSuchEntity', 4, 'ID']);
    return true;
  });
  assert.equal(asked, 1);
});

test('an answer that was lost is asked for again where that does no harm, and nowhere else', async (t) => {
  for (const [action, times] of [
    ['ListUsers', 4],
    ['CreateAccessKey', 1],
  ] as const) {
    let asked = 0;
    const { client } = await setting(t, (request) => {
      asked++;
      request.socket.resetAndDestroy();
    });
    await assert.rejects(client.call('iam', action), RemoteFailure);
    assert.equal(asked, times, action);
  }
});

test('a server that does not answer is not waited for longer than it may take', async (t) => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const { client, endTime } = await setting(t, () => resolve());
  const call = client.call('iam', 'ListUsers');
  await asked;
  endTime();
  await assert.rejects(call, /did not answer in time/);
});

test('what is no Cairn is told apart: other answers, other errors, pages that never end', async (t) => {
  const { client } = await setting(t, (_request, response) => response.end('<html><p>hello</html>'));
  await assert.rejects(client.call('iam', 'ListUsers'), /no Cairn server/);
  const { client: behindProxy } = await setting(t, (_request, response) => response.writeHead(407).end('no\u001b[2J'));
  await assert.rejects(behindProxy.call('iam', 'ListUsers'), { message: /status 407/ });
  const endless = '<R><ListUsersResult><IsTruncated>true</IsTruncated><Marker>m</Marker></ListUsersResult></R>';
  const { client: turning } = await setting(t, (_request, response) => response.end(endless));
  await assert.rejects(async () => {
    for await (const page of turning.pages('iam', 'ListUsers')) assert.ok(page);
  }, /not come to an end/);
});

test('an endpoint is a URL with nothing but a host', () => {
  const options = { region: 'r', clock: impatientClock().clock, random: systemRandom() };
  for (const endpoint of ['localhost:9000', 'ftp://a', 'http://a/path', 'http://u:p@a', 'http://a?x', 'nonsense']) {
    assert.throws(() => new QueryConnection({ ...options, endpoint }), RemoteFailure, endpoint);
  }
  new QueryConnection({ ...options, endpoint: 'https://[::1]:9000' }).close();
});

test('what a server says cannot steer a terminal', () => {
  const details = { service: 'iam', action: 'A', code: 'X', status: 400, requestId: undefined } as const;
  assert.equal(new ServerError({ ...details, message: 'a\u001b[31m\nb' }).line, 'a [31m b');
});
