import { reclaimDue, reclaimOrphans } from '../services/content/reclaim.ts';
import type { ServiceContext } from '../services/service-context.ts';

const idleMilliseconds = 1000;
const afterFailureMilliseconds = 10_000;

/** Work that repeats itself in the background process until it is told to stop. */
export interface Worker {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** Gives back the space of what nothing links to any more: first what a crash left, then what is due, for ever. */
export function reclaimBlobs(context: ServiceContext): Worker {
  const { clock, logger } = context;
  return {
    name: 'reclaim-blobs',
    async run(signal) {
      // Whatever was staged before this start can no longer be committed: its process is gone.
      const startedAt = clock.now();
      let orphansPending = true;
      while (!signal.aborted) {
        try {
          if (orphansPending) await reclaimOrphans(context, { writtenBefore: startedAt, signal });
          orphansPending = false;
          const { busy } = await reclaimDue(context);
          if (!busy) await clock.sleep(idleMilliseconds, signal);
        } catch (error) {
          logger.error({ err: error }, 'reclaiming failed; it will be tried again');
          await clock.sleep(afterFailureMilliseconds, signal);
        }
      }
    },
  };
}
