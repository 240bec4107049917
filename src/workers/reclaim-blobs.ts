import { forgetReaders, reclaimDue, reclaimOrphans } from '../services/content/reclaim.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Worker } from './worker.ts';

const idleMilliseconds = 1000;
const afterFailureMilliseconds = 10_000;
const betweenSearchesMilliseconds = 3_600_000;
/** Time stamps of files may lag a little behind the clock that `serverStartedAt` was read from. */
const marginMilliseconds = 1000;
/** A blob of this server that was not written to for so long, and that no record speaks of, is a dead worker's. */
const abandonedMilliseconds = 24 * 3_600_000;

/**
 * Gives back the space of what nothing links to any more: what is due, for ever, and now and then what crashes left.
 * Blobs from before `serverStartedAt` (milliseconds since the epoch) are the remains of processes that are gone. Later
 * ones may belong to uploads in progress, whichever process started when: this one may have been replaced meanwhile.
 */
export function reclaimBlobs(context: ServiceContext, { serverStartedAt }: { serverStartedAt: number }): Worker {
  const { clock, logger } = context;
  let searchedAt: number | undefined;

  async function searchOrphans(signal: AbortSignal): Promise<void> {
    const now = clock.now();
    if (searchedAt !== undefined && now - searchedAt < betweenSearchesMilliseconds) return;
    const writtenBefore = Math.max(serverStartedAt - marginMilliseconds, now - abandonedMilliseconds);
    await reclaimOrphans(context, { writtenBefore, signal });
    await forgetReaders(context);
    searchedAt = now;
  }

  return {
    name: 'reclaim-blobs',
    async run(signal) {
      while (!signal.aborted) {
        try {
          await searchOrphans(signal);
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
