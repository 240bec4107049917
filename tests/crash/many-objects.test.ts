import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { silentLogger } from '../../src/foundation/logger.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import { startCrashServer } from '../../src/processes/crash-server.ts';
import { closeEngines, openEngines } from '../../src/processes/engines.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { readSettings } from '../../src/settings-sources.ts';
import { putObject } from '../memory-store.ts';
import { temporaryDirectory } from '../start/spawn-server.ts';
import { entry } from './run-cairn.ts';

const objects = Number(process.env.CAIRN_CRASH_OBJECTS ?? 0);
const skip = objects === 0 && 'CAIRN_CRASH_OBJECTS=1000000 runs it, for some minutes';
const promisedMilliseconds = 2000;
const atOnce = 500;

/** Puts small objects past the server, and without syncs: only their number matters. */
async function fill(data: string): Promise<void> {
  const engines = await openEngines(
    await readSettings({ flags: ['--data', data, '--sync', 'relaxed'], environment: {} }),
  );
  const storage = { inlineBytes: 65_536, reclaimGraceMilliseconds: 0 };
  const context: ServiceContext = {
    ...engines,
    clock: systemClock,
    random: systemRandom(),
    logger: silentLogger,
    storage,
    subscribers: [],
  };
  const services = { objects: new ObjectService(context) };
  const bucket = await new BucketService(context).get('bucket');
  const body = Buffer.alloc(200, 'x');
  for (let first = 0; first < objects; first += atOnce) {
    const keys = Array.from({ length: Math.min(atOnce, objects - first) }, (_, i) => `folder-${first}/object-${i}`);
    await Promise.all(keys.map((key) => putObject(services, { bucket, key }, body)));
  }
  await closeEngines(engines);
}

async function startWith(t: TestContext, data: string) {
  const server = await startCrashServer({ entry, data, sync: 'durable', workers: 2 });
  const connection = new S3Connection(server.account, systemClock);
  t.after(async () => {
    connection.close();
    await server.kill();
  });
  return { server, connection };
}

test('a store of many objects answers soon after a kill', { skip }, async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const maker = await startWith(t, data);
  await maker.connection.send({ method: 'PUT', path: '/bucket' });
  await maker.server.kill();
  await fill(data);
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const startedAt = systemClock.now();
    const { server, connection } = await startWith(t, data);
    const answer = await connection.send({ method: 'GET', path: '/bucket/folder-0/object-1' });
    times.push(systemClock.now() - startedAt);
    assert.equal(answer.status, 200);
    const writes = Array.from({ length: 50 }, (_, i) =>
      connection.send({ method: 'PUT', path: `/bucket/new-${i}`, body: Buffer.alloc(100_000) }).catch(() => undefined),
    );
    await writes[0];
    await server.kill();
    await Promise.all(writes);
  }
  t.diagnostic(`from the start to the first answer, with ${objects} objects: ${times.join(', ')} ms`);
  assert.ok(Math.max(...times) < promisedMilliseconds);
});
