import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, isAlive, placeholder, runToEnd, spawnServer, temporaryDirectory } from './spawn-server.ts';

async function workerPid(url: string): Promise<number> {
  return ((await (await fetch(`${url}/any`)).json()) as { pid: number }).pid;
}

test('SIGTERM lets a request in flight finish, then the server exits with 0', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  const upload = request(`${server.url}/slow`, { method: 'POST', headers: { expect: '100-continue' } });
  upload.write('first half,');
  await once(upload, 'continue');
  const stopped = server.stop();
  await server.says(/"msg":"stopping"/);
  await eventually(async () => (await fetch(`${server.url}/health`).catch(() => 'refused')) === 'refused' || undefined);
  upload.end('second half');
  const [response] = await once(upload, 'response');
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers.connection, 'close');
  response.resume();
  assert.equal(await stopped, 0);
});

test('a request that does not finish is cut off at the end of the drain time', async (t) => {
  const server = await spawnServer(t, { entry: placeholder, environment: { CAIRN_DRAIN_SECONDS: '0' } });
  const upload = request(`${server.url}/slow`, { method: 'POST', headers: { expect: '100-continue' } });
  const cut = once(upload, 'error');
  upload.write('half of it');
  upload.on('continue', () => server.child.kill('SIGTERM'));
  await cut;
  assert.equal(await server.stop(), 0);
});

test('idle connections do not hold up a stop', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  const kept = await fetch(`${server.url}/health`);
  await kept.text();
  assert.equal(await server.stop(), 0);
});

test('a killed worker is replaced, on the same port', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  const before = await workerPid(server.url);
  process.kill(before, 'SIGKILL');
  const after = await eventually(() => workerPid(server.url));
  assert.notEqual(after, before);
  assert.match(server.errors(), /"msg":"a process died and is replaced"/);
});

test('a worker that meets a defect says so and is replaced', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  await assert.rejects(fetch(`${server.url}/defect`));
  assert.ok(await eventually(() => workerPid(server.url)));
  assert.match(server.errors(), /a defect on purpose/);
});

test('the death of the launcher ends every process, and a new start works at once', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  // Under npm this is the Node.js of the machine, where the launcher is a process of its own if that one is old.
  const node = process.env.npm_node_execpath ?? 'node';
  const launch = { data, node, entry: launchedPlaceholder };
  const server = await spawnServer(t, launch);
  const worker = await workerPid(server.url);
  server.child.kill('SIGKILL');
  const next = await spawnServer(t, { ...launch, environment: { CAIRN_PORT: String(server.port) } });
  assert.ok(await workerPid(next.url));
  await eventually(async () => !isAlive(worker) || undefined);
});

test('the launcher hands signals on and exits as the server does', async (t) => {
  const node = process.env.npm_node_execpath ?? 'node';
  const server = await spawnServer(t, { node, entry: launchedPlaceholder });
  assert.equal(await server.stop(), 0);
});

test('a second server on the same data directory is refused, the first goes on', async (t) => {
  const first = await spawnServer(t, { entry: placeholder });
  const { code, errors } = await runToEnd(t, { data: first.data, entry: placeholder });
  assert.equal(code, 1);
  assert.match(errors, new RegExp(`^cairn: .* is in use by another server \\(process ${first.child.pid}\\): .*\\n$`));
  assert.equal((await fetch(`${first.url}/ready`)).status, 200);
});

test('of several servers that start at once on one data directory exactly one serves', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const starts = Array.from({ length: 4 }, () => spawnServer(t, { data, entry: placeholder }));
  const outcomes = await Promise.allSettled(starts);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  assert.equal(reasons.length, 3);
  for (const reason of reasons) assert.match(reason, /in use by another server/);
});

test('a port that is taken is one clear line, not a loop of attempts', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { code, errors } = await runToEnd(t, { entry: placeholder, environment: { CAIRN_PORT: String(port) } });
  assert.equal(code, 1);
  assert.match(errors, new RegExp(`^cairn: CAIRN_PORT: ${port} is not free on 127\\.0\\.0\\.1: .*\\n$`));
});

const launchedPlaceholder = new URL('./placeholder-launcher.js', import.meta.url).pathname;
