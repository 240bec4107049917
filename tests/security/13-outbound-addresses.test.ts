import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type TargetType, targetTypes } from '../../src/domain/events/event-target.ts';
import { openTarget } from '../../src/services/events/targets/open-target.ts';
import {
  type OutboundGuard,
  OutboundRefusedError,
  outboundGuard,
  type ResolveHost,
} from '../../src/services/outbound/outbound-guard.ts';
import { RemoteStore } from '../../src/services/replication/remote-store.ts';

/*
 * 13: what a configuration names is no way into the network of the server: addresses that are not public are refused,
 * whatever name leads to them, unless the operator has listed them.
 */

/** Counts whoever comes. */
async function secretService(t: TestContext): Promise<{ port: number; visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as { port: number }).port, visits: () => visits };
}

const urls: Readonly<Record<TargetType, (host: string) => string>> = {
  webhook: (host) => `http://${host}/`,
  nats: (host) => `nats://${host}`,
  kafka: (host) => `kafka://${host}`,
  amqp: (host) => `amqp://${host}`,
  mqtt: (host) => `mqtt://${host}`,
  redis: (host) => `redis://${host}`,
};
const options: Readonly<Record<TargetType, Record<string, string>>> = {
  webhook: {},
  nats: { subject: 's' },
  kafka: { topic: 't' },
  amqp: { 'routing-key': 'r' },
  mqtt: { topic: 't' },
  redis: { key: 'k' },
};

/** Opens a target and sends to it: where a library connects only then, it must not either. */
async function send(type: TargetType, host: string, guard: OutboundGuard): Promise<void> {
  const target = { name: 'target', type, url: urls[type](host), options: options[type], accountIds: [] };
  const connection = await openTarget({ target, secret: undefined, guard, timeoutMilliseconds: 2000 });
  try {
    await connection.send({ body: '{}', subjectKey: 'bucket/key', id: '00000000-0000-0000-0000-000000000000' });
  } finally {
    await connection.close();
  }
}

const names: ResolveHost = async (host) => {
  if (host === 'inside.example') return [{ address: '127.0.0.1', family: 4 }];
  if (host === 'mixed.example')
    return [
      { address: '169.254.169.254', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
  return dns.lookup(host, { all: true });
};

function saysRefused(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OutboundRefusedError) return true;
    const { errors } = cause as { errors?: unknown };
    if (Array.isArray(errors) && errors.some(saysRefused)) return true;
  }
  return false;
}

for (const type of targetTypes) {
  for (const host of ['127.0.0.1', 'localhost', 'inside.example', '[::1]', '[::ffff:127.0.0.1]']) {
    test(`a ${type} target at ${host} is not connected to`, async (t) => {
      const { port, visits } = await secretService(t);
      const guard = outboundGuard([], names);
      await assert.rejects(send(type, `${host}:${port}`, guard), saysRefused);
      assert.equal(visits(), 0);
    });
  }

  test(`a ${type} target is connected to where its network is listed`, async (t) => {
    const { port, visits } = await secretService(t);
    const guard = outboundGuard(['127.0.0.0/8'], names);
    await assert.rejects(send(type, `inside.example:${port}`, guard), (error) => !saysRefused(error));
    assert.ok(visits() > 0);
  });
}

test('a name is looked up once, and the connection goes to what was found then', async (t) => {
  const { port, visits } = await secretService(t);
  let lookups = 0;
  const rebinding: ResolveHost = async () => {
    lookups++;
    return [{ address: lookups === 1 ? '127.0.0.1' : '10.255.255.1', family: 4 }];
  };
  const guard = outboundGuard(['127.0.0.0/8'], rebinding);
  const outgoing = request({ host: 'rebinding.example', port, lookup: guard.lookup });
  await once(outgoing, 'error');
  assert.deepEqual([lookups, visits()], [1, 1]);
});

test('of several addresses only those that are allowed are used, and none where none is', async () => {
  await assert.rejects(outboundGuard([], names).resolve('mixed.example'), OutboundRefusedError);
  const { address } = await outboundGuard(['10.0.0.0/8'], names).resolve('mixed.example');
  assert.equal(address, '10.0.0.1');
  const socket = connect({ host: 'mixed.example', port: 80, lookup: outboundGuard([], names).lookup });
  const [error] = await once(socket, 'error');
  assert.ok(saysRefused(error));
});

for (const host of [
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '[::ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
]) {
  test(`127.0.0.1 written as ${host} is refused all the same`, async () => {
    const guard = outboundGuard([]);
    const { hostname } = new URL(`http://${host}/`);
    assert.throws(() => guard.checkLiteral(hostname), OutboundRefusedError);
    if (!host.startsWith('[')) await assert.rejects(guard.resolve(host), OutboundRefusedError);
    else assert.throws(() => guard.checkLiteral(host), OutboundRefusedError);
  });
}

async function sendToRemote(endpoint: string, guard: OutboundGuard) {
  const clock = { now: () => Date.now(), sleep: () => new Promise<void>(() => undefined) };
  const keys = { region: 'us-east-1', accessKeyId: 'key', secretAccessKey: 'secret' };
  const store = new RemoteStore({ endpoint, ...keys }, { clock, guard });
  try {
    return await store.send({ method: 'HEAD', bucket: 'bucket' }, new AbortController().signal);
  } finally {
    store.close();
  }
}

for (const host of ['127.0.0.1', 'localhost', 'inside.example', '[::1]', '2130706433']) {
  test(`a remote at ${host} is not connected to`, async (t) => {
    const { port, visits } = await secretService(t);
    await assert.rejects(sendToRemote(`http://${host}:${port}`, outboundGuard([], names)), saysRefused);
    assert.equal(visits(), 0);
  });
}

test('no redirect of a remote or a webhook is followed, wherever it leads', async (t) => {
  const { port, visits } = await secretService(t);
  const door = createHttpServer((_request, response) => {
    response.writeHead(307, { Location: `http://127.0.0.1:${port}/` }).end();
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  t.after(() => door.close());
  const host = `127.0.0.1:${(door.address() as { port: number }).port}`;
  const guard = outboundGuard(['127.0.0.0/8']);
  assert.equal((await sendToRemote(`http://${host}`, guard)).status, 307);
  await assert.rejects(send('webhook', host, guard));
  assert.equal(visits(), 0);
});
