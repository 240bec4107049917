import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/foundation/clock.ts';
import { silentLogger } from '../../src/foundation/logger.ts';
import { systemRandom } from '../../src/foundation/random.ts';
import { composeServer } from '../../src/processes/compose-server.ts';
import { type Engines, serviceContext } from '../../src/processes/engines.ts';
import { reclaimDue, reclaimOrphans } from '../../src/services/content/reclaim.ts';
import { placeDue } from '../../src/services/lifecycle/place-contents.ts';
import { AllowanceLedger } from '../../src/services/rate-limits/allowances.ts';
import { readSettings } from '../../src/settings-sources.ts';
import { openWatchedEngines } from './watched-engines.ts';

/** From the test to the server. */
export type Wish =
  /** Count points from now on, and die at this one, if it is told. */
  | { readonly type: 'arm'; readonly dieAt: string | undefined }
  | { readonly type: 'reclaim' }
  /** Move what is due to where it belongs. */
  | { readonly type: 'place' };

/** From the server to the test. */
export type Word =
  | { readonly type: 'listening'; readonly url: string }
  /** With the points that were passed since the last arming. */
  | { readonly type: 'done'; readonly points: readonly string[] };

export const account = { accessKey: 'root-key', secretKey: 'root-secret', region: 'us-east-1' };

/**
 * The product's services and engines in one process that kills itself at a step of the write path: it is the
 * composition that is special, the product knows nothing of it.
 */
async function run(data: string, coldData: string | undefined): Promise<void> {
  const points = new Map<string, number>();
  let dieAt: string | undefined;
  const reach = (point: string): void => {
    const count = (points.get(point) ?? 0) + 1;
    points.set(point, count);
    if (`${point} ${count}` !== dieAt) return;
    writeFileSync(`${data}.died-at`, dieAt);
    process.kill(process.pid, 'SIGKILL');
  };
  const settings = await readSettings({ flags: ['--data', data, '--reclaim-grace-seconds', '0'], environment: {} });
  const root = { accessKey: account.accessKey, secretKey: account.secretKey };
  const random = systemRandom();
  const context = { settings, root, clock: systemClock, random, logger: silentLogger, masterKey: Buffer.alloc(32) };
  let engines: Engines | undefined;
  const server = await composeServer(
    { ...context, allowances: new AllowanceLedger(systemClock), onOutcome() {} },
    async () => {
      engines = await openWatchedEngines(data, reach, { coldData });
      // A first start makes the directories of blobs beside its first answers; whoever writes a blob waits for them. Here
      // they are waited for, so that a trace shows only what answers stand for.
      await (await engines.blobs.create('0'.repeat(32))).abort();
      await (await engines.coldBlobs?.create('0'.repeat(32)))?.abort();
      syncDirectory(join(data, 'blobs', '00'));
      points.clear();
      return engines;
    },
  );
  const http = createServer((request, response) => server.handle(request, response));
  http.on('checkContinue', (request, response) => server.handle(request, response));
  const tell = (word: Word) => process.send?.(word);
  process.on('disconnect', () => process.exit(1));
  process.on('message', async (wish: Wish) => {
    const passed = [...points].flatMap(numbered);
    if (wish.type === 'arm') {
      points.clear();
      dieAt = wish.dieAt;
    } else if (wish.type === 'place') {
      const { signal } = new AbortController();
      await placeDue(serviceContext(engines!, context), { signal, progress() {}, count() {} });
    } else {
      const services = serviceContext(engines!, context);
      await reclaimOrphans(services, { writtenBefore: systemClock.now(), signal: new AbortController().signal });
      while ((await reclaimDue(services)).reclaimed > 0);
    }
    tell({ type: 'done', points: passed });
  });
  http.listen(0, '127.0.0.1', () => {
    // Whoever dies by SIGKILL leaves none behind.
    flushCompileCache();
    tell({ type: 'listening', url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
  });
}

/** Nobody needs the removal of an aborted blob to be synced; a trace is easier to read where it is. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function numbered([point, count]: readonly [string, number]): string[] {
  return Array.from({ length: count }, (_, i) => `${point} ${i + 1}`);
}

if (process.send && process.argv[2] !== undefined) await run(process.argv[2], process.argv[3]);
