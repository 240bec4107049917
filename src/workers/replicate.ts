import { type ReplicationPace, type ReplicationServices, Replicator } from '../services/replication/replicator.ts';
import { continueResyncs } from '../services/replication/resync.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

/** How soon after its commit a change is seen. */
const lookMilliseconds = 200;
/** A round that finds a moment without work after so long ends, tells what it has done, and begins anew. */
const roundMilliseconds = 30_000;
const restMilliseconds = 10;

/** Brings what buckets' replication rules choose to where they say. */
export function replicate(context: ServiceContext, services: ReplicationServices, pace: ReplicationPace): Worker {
  const { clock } = context;
  const replicator = new Replicator(context, services, pace);
  return leasedWorker(context, {
    name: 'replicate',
    restMilliseconds,
    async runOnce(round) {
      const endsAt = clock.now() + roundMilliseconds;
      try {
        while (!round.signal.aborted && (clock.now() < endsAt || replicator.isBusy)) {
          await continueResyncs(context, services);
          // For as long as it lasts: one destination that is slow or never done must not keep others from beginning.
          await replicator.start(round.signal, round);
          await clock.sleep(lookMilliseconds, round.signal);
        }
      } finally {
        await replicator.settle();
        if (round.signal.aborted) replicator.close();
      }
      return { busy: false };
    },
  });
}
