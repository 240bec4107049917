import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bucketNames, clientLedger } from '../../src/cli/crash-test/ledger.ts';
import { Client, type Counts } from '../../src/cli/crash-test/load.ts';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { seededRandom } from '../s3-server.ts';
import { type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { runCairn } from './run-cairn.ts';

function connectionTo(t: TestContext, server: SpawnedServer): S3Connection {
  const connection = new S3Connection({ ...server, region: 'us-east-1' }, systemClock);
  t.after(() => connection.close());
  return connection;
}

const large = Buffer.concat([Buffer.alloc(300_000, 'large object '), Buffer.from('its end')]);
const small = Buffer.concat([Buffer.from('easily found'), Buffer.alloc(1000, 'small ')]);

/** A server with a large and a small object, and one that nothing happens to. */
async function servedStore(t: TestContext, data: string): Promise<{ server: SpawnedServer; connection: S3Connection }> {
  const server = await spawnServer(t, { data });
  const connection = connectionTo(t, server);
  for (const [path, body] of [
    ['/bucket', undefined],
    ['/bucket/folder/large', large],
    ['/bucket/small', small],
    ['/bucket/other', Buffer.alloc(200_000, 'other')],
  ] as const) {
    assert.equal((await connection.send({ method: 'PUT', path, body })).status, 200);
  }
  return { server, connection };
}

/** Flips a bit wherever the text is: a database keeps pages that it no longer uses. */
async function flipBit(file: string, text: string): Promise<void> {
  const bytes = await readFile(file);
  let flipped = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    bytes[at]! ^= 0x10;
    flipped++;
  }
  assert.ok(flipped > 0, 'the text is there');
  await writeFile(file, bytes);
}

async function blobFileWith(data: string, text: string): Promise<string> {
  const names = await readdir(join(data, 'blobs'), { recursive: true });
  for (const name of names.filter((candidate) => /[0-9a-f]{32}$/.test(candidate))) {
    const path = join(data, 'blobs', name);
    if ((await readFile(path)).includes(text)) return path;
  }
  return assert.fail(`no blob has ${text}`);
}

test('scrub beside a running server finds nothing wrong with a sound store', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { connection } = await servedStore(t, data);
  const ended = await runCairn(['scrub', '--data', data, '--json']);
  assert.equal(ended.code, 0, ended.errors);
  const report = JSON.parse(ended.output) as { violations: number; bytesRead: number; versions: number };
  assert.equal(report.violations, 0);
  assert.equal(report.versions, 3);
  assert.ok(report.bytesRead >= large.length + small.length + 200_000);
  assert.equal((await connection.send({ method: 'GET', path: '/bucket/small' })).status, 200);
});

test('what a server under load changes meanwhile is not taken for damage', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { server, connection } = await servedStore(t, data);
  for (const bucket of Object.values(bucketNames)) await connection.send({ method: 'PUT', path: `/${bucket}` });
  const body = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  await connection.send({ method: 'PUT', path: `/${bucketNames.versioned}`, query: { versioning: '' }, body });
  const over = new AbortController();
  t.after(() => over.abort());
  const counts: Counts = new Map();
  const clients = [0, 1, 2, 3].map((i) =>
    new Client({
      connection: connectionTo(t, server),
      ledger: clientLedger(`client-${i}`),
      random: seededRandom(`client-${i}`),
      counts,
    }).run(over.signal),
  );
  for (let i = 0; i < 3; i++) {
    const ended = await runCairn(['scrub', '--data', data]);
    assert.equal(ended.code, 0, ended.output + ended.errors);
  }
  over.abort();
  await Promise.all(clients);
  assert.ok((counts.get('overwrite') ?? 0) > 0, 'there was load');
});

test('a flipped bit is found and named, and reading it is an error, never wrong bytes', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { server } = await servedStore(t, data);
  assert.equal(await server.stop(), 0);
  await flipBit(await blobFileWith(data, 'its end'), 'its end');
  await flipBit(join(data, 'metadata', 'metadata.mdb'), 'easily found');
  const ended = await runCairn(['scrub', '--data', data]);
  assert.equal(ended.code, 2, ended.errors);
  assert.match(ended.output, /^DAMAGED .*object bucket\/"folder\/large" version/m);
  assert.match(ended.output, /^DAMAGED .*object bucket\/"small" version/m);
  assert.doesNotMatch(ended.output, /bucket\/"other"/);
  assert.match(ended.output, /^2 damaged/m);
  const connection = connectionTo(t, await spawnServer(t, { data }));
  assert.equal((await connection.send({ method: 'GET', path: '/bucket/small' })).status, 500);
  // Its beginning is sound and was perhaps sent when the damage is met: then the connection breaks off.
  const read = await connection.send({ method: 'GET', path: '/bucket/folder/large' }).catch(() => undefined);
  assert.notEqual(read?.status, 200);
  const sound = { range: 'bytes=0-99' };
  const part = await connection.send({ method: 'GET', path: '/bucket/folder/large', headers: sound });
  assert.ok(part.body.equals(large.subarray(0, 100)));
  assert.equal((await connection.send({ method: 'GET', path: '/bucket/other' })).status, 200);
});

test('scrub --rate reads no faster than told, and says when it cannot be done', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { server } = await servedStore(t, data);
  assert.equal(await server.stop(), 0);
  const ended = await runCairn(['scrub', '--data', data, '--rate', '1M', '--json']);
  assert.equal(ended.code, 0, ended.errors);
  const report = JSON.parse(ended.output) as { milliseconds: number; bytesRead: number };
  assert.ok(report.milliseconds >= (report.bytesRead / 2 ** 20) * 1000 - 1);
  assert.equal((await runCairn(['scrub', '--data', data, '--rate', 'fast'])).code, 1);
  const missing = await runCairn(['scrub', '--data', join(data, 'nowhere')]);
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /there is no data directory/);
});

interface Examination {
  readonly findings: readonly { check: string; state: string; found: string; advice?: string }[];
}

async function examination(data: string): Promise<{ code: number } & Examination> {
  const { code, output, errors } = await runCairn(['doctor', '--data', data, '--json']);
  assert.equal(errors, '');
  return { code, ...(JSON.parse(output) as Examination) };
}

test('doctor looks at everything, says what to do, and leaves nothing behind', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  await servedStore(t, data);
  const before = await readdir(data);
  const sound = await examination(data);
  assert.equal(sound.code, 0, JSON.stringify(sound.findings));
  const checks = new Set(sound.findings.map(({ check }) => check));
  for (const check of [
    'access',
    'free space',
    'file system',
    'file-system features',
    'syncs',
    'clock',
    'memory',
    'store',
  ]) {
    assert.ok(checks.has(check), check);
  }
  assert.deepEqual(await readdir(data), before);
  await chmod(join(data, 'master.key'), 0o644);
  const open = await examination(data);
  const access = open.findings.find(({ check }) => check === 'access');
  assert.equal(access?.state, 'warning');
  assert.match(access?.found ?? '', /master\.key/);
  assert.match(access?.advice ?? '', /chmod/);
});

test('doctor finds a store whose bytes are gone', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { server } = await servedStore(t, data);
  assert.equal(await server.stop(), 0);
  await rm(await blobFileWith(data, 'large object'));
  const { code, findings } = await examination(data);
  assert.equal(code, 2);
  assert.equal(findings.find(({ check }) => check === 'store')?.state, 'failure');
});

test('doctor --crash kills a server of its own and says what it found', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const { connection } = await servedStore(t, data);
  const before = await readdir(data);
  const ended = await runCairn(['doctor', '--crash', '1s', '--data', data]);
  assert.equal(ended.code, 0, ended.output + ended.errors);
  assert.match(ended.output, /^\d+ kills, [1-9]\d* operations acknowledged/m);
  assert.match(ended.output, /^Every acknowledged write was there/m);
  assert.deepEqual(await readdir(data), before);
  assert.equal((await connection.send({ method: 'GET', path: '/bucket/small' })).status, 200);
});
