import { RefusalStore } from '../services/refusals/refusal-store.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

const restMilliseconds = 60_000;
/** That an installation keeps at most: at a kilobyte or two each. */
const mostRefusals = 100_000;
/** After each batch, so that requests never feel it. */
const pauseMilliseconds = 20;

/** Forgets refusals when their time is over, and the oldest where they are too many. */
export function forgetRefusals(context: ServiceContext, maximum = mostRefusals): Worker {
  const refusals = new RefusalStore(context.metadata);
  return leasedWorker(context, {
    name: 'forget-refusals',
    restMilliseconds,
    async runOnce({ signal, count }) {
      while (!signal.aborted) {
        const forgotten = await refusals.forget(context.clock.now(), maximum);
        if (forgotten === 0) return { busy: false };
        count('refusals', forgotten);
        await context.clock.sleep(pauseMilliseconds, signal);
      }
      return { busy: true };
    },
  });
}
