import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '../src/foundation/clock.ts';
import { silentLogger } from '../src/foundation/logger.ts';
import { systemRandom } from '../src/foundation/random.ts';
import { closeEngines, openEngines } from '../src/processes/engines.ts';
import { BucketService } from '../src/services/buckets/bucket-service.ts';
import { ObjectService } from '../src/services/objects/object-service.ts';
import type { ServiceContext } from '../src/services/service-context.ts';
import { readSettings } from '../src/settings-sources.ts';
import { putObject } from '../tests/memory-store.ts';
import { applyLoad } from './apply-load.ts';
import type { StoredObjects, StoredSets } from './stored-sets.ts';

export interface Filling {
  readonly sets: StoredSets;
  readonly objects: StoredObjects;
  /** Which objects, in the order in which they are put. */
  readonly order: Uint32Array;
}

/** Keys per second in each twentieth, and how long all took. */
export interface FillCourse {
  readonly seconds: number;
  readonly course: readonly number[];
}

const atOnce = 500;
const stages = 20;
const mostPrepared = 50_000;
const mostSecondsPerRequest = 0.05;

/** Puts the objects past the server, which must not run, through its services over the real engines, and without syncs. */
export async function fillPastServer(data: string, { sets, objects, order }: Filling): Promise<FillCourse> {
  const settings = await readSettings({ flags: ['--data', data, '--sync', 'relaxed'], environment: {} });
  const engines = await openEngines(settings);
  try {
    const context: ServiceContext = {
      ...engines,
      clock: systemClock,
      random: systemRandom(),
      logger: silentLogger,
      storage: { inlineBytes: settings.inlineBytes, reclaimGraceMilliseconds: 0 },
      subscribers: [],
    };
    const services = { objects: new ObjectService(context) };
    const bucket = await new BucketService(context).get(sets.bucketName(objects.bucket));
    return await inStages(order, async (stage) => {
      for (let first = 0; first < stage.length; first += atOnce) {
        const puts = Array.from(stage.subarray(first, first + atOnce), (index) =>
          putObject(services, { bucket, key: objects.keyOf(index) }, sets.contentOf(objects, index)),
        );
        await Promise.all(puts);
      }
    });
  } finally {
    await closeEngines(engines);
    // What is still on its way to the disk would slow down what is measured next. Not everywhere is there such a command.
    await promisify(execFile)('sync').catch(() => undefined);
  }
}

/** Puts the objects over HTTP, as clients do. */
export function fillOverHttp({ sets, objects, order }: Filling): Promise<FillCourse> {
  return inStages(order, async (stage) => {
    for (let first = 0; first < stage.length; first += mostPrepared) {
      const indexes = stage.subarray(first, first + mostPrepared);
      const heads = sets.prepare('PUT', objects, indexes);
      const operations = {
        count: indexes.length,
        begin: (turn: number) => ({
          method: 'PUT' as const,
          head: heads(turn),
          body: sets.contentOf(objects, indexes[turn]!),
          expected: { status: 200 },
        }),
      };
      const load = { connections: 64, from: 0, until: indexes.length, seconds: indexes.length * mostSecondsPerRequest };
      const { operations: done } = await applyLoad(sets.target, { ...load, operations });
      if (done < indexes.length) throw new Error('filling the store takes far too long');
    }
  });
}

async function inStages(order: Uint32Array, fill: (stage: Uint32Array) => Promise<void>): Promise<FillCourse> {
  const start = performance.now();
  const course: number[] = [];
  for (let stage = 0; stage < stages; stage++) {
    const begun = performance.now();
    const part = order.subarray(
      Math.floor((stage * order.length) / stages),
      Math.floor(((stage + 1) * order.length) / stages),
    );
    await fill(part);
    course.push(Math.round((part.length * 1000) / (performance.now() - begun)));
    console.error(`filled ${((stage + 1) * 100) / stages} %, ${course.at(-1)} keys/s`);
  }
  return { seconds: (performance.now() - start) / 1000, course };
}
