import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientLedger } from '../../src/cli/crash-test/ledger.ts';
import { Client } from '../../src/cli/crash-test/load.ts';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { seededRandom } from '../s3-server.ts';
import { temporaryDirectory } from '../start/spawn-server.ts';
import { account } from './dying-server.ts';
import { forkServer } from './fork-server.ts';
import { TraceAudit, type TraceReport } from './trace-audit.ts';

const calls =
  'openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,msync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat';

function reasonToSkip(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'strace is not there, or may not trace';
  }
}

/** Runs every kind of write against the product's services and engines, and reads the trace of all their system calls. */
async function trace(t: TestContext): Promise<TraceReport> {
  const directory = await realpath(await temporaryDirectory(t));
  const data = join(directory, 'data');
  const output = join(directory, 'trace');
  const { child, url, ask } = await forkServer([data], {
    execPath: 'strace',
    execArgv: ['-f', '-y', '-s', '40', '-e', `trace=${calls}`, '-e', 'signal=none', '-o', output, process.execPath],
    // A trace does not show what goes through io_uring.
    env: { ...process.env, NODE_OPTIONS: '', UV_USE_IO_URING: '0' },
  });
  const ended = once(child, 'exit');
  try {
    const connection = new S3Connection({ ...account, url }, systemClock);
    await write(connection);
    await ask({ type: 'reclaim' });
    // One more answer behind the reclaiming.
    assert.equal((await connection.send({ method: 'GET', path: '/' })).status, 200);
    connection.close();
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
  const text = await readFile(output, 'utf8');
  assert.match(text, /write\w*\(\d+<[^>]*\/blobs\//, 'writes of blobs are seen');
  assert.match(text, /write\w*\(\d+<[^>]*\/metadata\.mdb>/, 'writes of the database are seen');
  return TraceAudit.read(directory, text.split('\n'));
}

async function write(connection: S3Connection): Promise<void> {
  const ledger = clientLedger('client');
  const client = new Client({ connection, ledger, random: seededRandom('trace'), counts: new Map() });
  const [key, other] = ledger.keys;
  await connection.send({ method: 'PUT', path: `/${key!.bucket}` });
  await client.put(key!, 1000);
  await client.put(key!, 300_000);
  await client.copy(other!);
  const upload = await client.createUpload(key!);
  await client.uploadPart(upload, 1, 300_000);
  await client.completeUpload(upload);
  await client.delete(other!);
}

test('no write is answered before all that it wrote is synced, by the system calls', async (t) => {
  const reason = reasonToSkip();
  if (reason !== undefined) return t.skip(reason);
  const { found, answers, writes, syncs } = await trace(t);
  assert.deepEqual(found, []);
  assert.ok(answers >= 8, `${answers} answers were seen`);
  assert.ok(writes >= 10 && syncs >= 10, `${writes} writes and ${syncs} syncs were seen`);
});

test('a trace with a sync too few, or too early, is found out', () => {
  const synced = [
    '10 openat(AT_FDCWD</>, "/data/blobs/aa/x", O_WRONLY|O_CREAT|O_EXCL, 0600) = 20</data/blobs/aa/x>',
    '10 pwritev(20</data/blobs/aa/x>, [{iov_base="a", iov_len=1}], 1, 0) = 1',
    '10 fdatasync(20</data/blobs/aa/x>) = 0',
    '11 fsync(21</data/blobs/aa>) = 0',
    '12 pwrite64(22</data/metadata/metadata.mdb>, "b", 1, 0 <unfinished ...>',
    '12 <... pwrite64 resumed>) = 1',
    '12 fdatasync(22</data/metadata/metadata.mdb>) = 0',
    '10 write(30<socket:[1]>, "HTTP/1.1 200 OK\\r\\n"..., 100) = 100',
  ];
  assert.deepEqual(TraceAudit.read('/data', synced), { found: [], answers: 1, writes: 2, syncs: 3 });
  const without = (line: number) => TraceAudit.read('/data', synced.toSpliced(line, 1)).found;
  assert.deepEqual(without(2), ['bytes /blobs/aa/x']);
  assert.deepEqual(without(3), ['entry /blobs/aa']);
  assert.deepEqual(without(6), ['bytes /metadata/metadata.mdb']);
  const early = synced.toSpliced(
    1,
    2,
    '11 fdatasync(20</data/blobs/aa/x> <unfinished ...>',
    synced[1]!,
    '11 <... fdatasync resumed>) = 0',
  );
  assert.deepEqual(TraceAudit.read('/data', early).found, ['bytes /blobs/aa/x']);
});
