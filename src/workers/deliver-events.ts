import type { DeliveryWatch, EventDelivery } from '../services/events/event-delivery.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

/** A round is this long, so that its story is told now and then. */
const roundMilliseconds = 60_000;

/** Delivers events to their targets, as they come. */
export function deliverEvents(context: ServiceContext, delivery: EventDelivery, metrics: DeliveryWatch): Worker {
  return leasedWorker(context, {
    name: 'deliver-events',
    restMilliseconds: 0,
    async runOnce({ signal, progress, count }) {
      const ending = new AbortController();
      const over = new AbortController();
      void context.clock.sleep(roundMilliseconds, over.signal).then(() => ending.abort());
      const standing = new Map<string, number>();
      const watch: DeliveryWatch = {
        count(what, target, amount) {
          count(what, amount);
          metrics.count(what, target, amount);
        },
        stand(target, numbers) {
          metrics.stand(target, numbers);
          standing.set(target, numbers.waiting);
          const waiting = [...standing.values()].reduce((sum, each) => sum + each, 0);
          const targets = [...standing.values()].filter((each) => each > 0).length;
          progress(waiting > 0 ? `waiting: ${waiting} events, for ${targets} targets` : 'nothing waits');
        },
      };
      try {
        await delivery.run({ signal, ending: ending.signal, watch });
      } finally {
        over.abort();
      }
      return { busy: true };
    },
  });
}
