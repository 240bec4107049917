import { wholeDay } from '../domain/lifecycle/lifecycle-days.ts';
import { dayOf } from '../services/lifecycle/lifecycle-pass.ts';
import { placeDue } from '../services/lifecycle/place-contents.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { type LeasedWork, leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

const restMilliseconds = 5000;

/** Moves bytes between the directories for warm and for cold data, and brings archived objects back for a while. */
export function placeContents(context: ServiceContext): Worker {
  return leasedWorker(context, placementWork(context));
}

export function placementWork(context: ServiceContext): LeasedWork {
  const dayMilliseconds = dayOf(context);
  return {
    name: 'place-contents',
    restMilliseconds:
      dayMilliseconds === wholeDay ? restMilliseconds : Math.min(restMilliseconds, dayMilliseconds / 20),
    runOnce: (round) => placeDue(context, round),
  };
}
