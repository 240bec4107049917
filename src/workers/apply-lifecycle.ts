import { wholeDay } from '../domain/lifecycle/lifecycle-days.ts';
import { bucketRecordType } from '../records/bucket-record.ts';
import { keyParts, spans } from '../records/keyspace.ts';
import { lifecycleSetting } from '../records/lifecycle-setting.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { beginPass, dayOf, runPass } from '../services/lifecycle/lifecycle-pass.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { type LeasedWork, leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

/** How soon new rules are looked at. */
const restMilliseconds = 60_000;
const bucketPageLength = 200;

/** Carries out the lifecycle rules of all buckets: each day anew, and soon after rules change. */
export function applyLifecycle(context: ServiceContext): Worker {
  return leasedWorker(context, lifecycleWork(context));
}

export function lifecycleWork(context: ServiceContext): LeasedWork {
  const settings = new BucketSettings(context);
  const dayMilliseconds = dayOf(context);
  return {
    name: 'apply-lifecycle',
    restMilliseconds:
      dayMilliseconds === wholeDay ? restMilliseconds : Math.min(restMilliseconds, dayMilliseconds / 20),
    async runOnce(round) {
      const failures: unknown[] = [];
      const ruled = new Set<string>();
      for (let after: string | undefined; ; ) {
        const entries = await context.metadata.range(spans.buckets(after, bucketPageLength));
        for (const { value } of entries) {
          const bucket = bucketRecordType.decode(value);
          if (round.signal.aborted) return { busy: false };
          if (!(lifecycleSetting.name in bucket.settings)) continue;
          ruled.add(bucket.id);
          try {
            const pass = await beginPass(context, settings, bucket);
            if (pass) await runPass(context, pass, round);
          } catch (error) {
            context.logger.error({ err: error, bucket: bucket.name }, 'lifecycle rules could not be carried out');
            failures.push(error);
          }
        }
        if (entries.length < bucketPageLength) break;
        after = keyParts.afterTable(entries.at(-1)!.key);
      }
      await forgetProgress(context, ruled);
      if (failures.length > 0) throw failures[0];
      return { busy: false };
    },
  };
}

/** What is remembered of buckets that are gone, or have no rules any more. */
async function forgetProgress(context: ServiceContext, ruled: ReadonlySet<string>): Promise<void> {
  for (let after: Buffer | undefined; ; ) {
    const entries = await context.metadata.range(spans.table('lifecycleProgress', after, bucketPageLength));
    const forgotten = entries.filter(({ key }) => !ruled.has(keyParts.idAfterTable(key)));
    if (forgotten.length > 0) {
      await context.metadata.transact((tx) => {
        for (const { key } of forgotten) tx.delete(key);
      });
    }
    if (entries.length < bucketPageLength) return;
    after = entries.at(-1)!.key;
  }
}
