import { reclaimBlobs } from '../workers/reclaim-blobs.ts';
import { closeEngines, openEngines, serviceContext } from './engines.ts';
import type { Background } from './server-composition.ts';

/** Everything that Cairn does without being asked by a request. */
export const runBackgroundWork: Background = async (context, signal) => {
  const engines = await openEngines(context.settings);
  try {
    const services = serviceContext(engines, context);
    const workers = [reclaimBlobs(services, context)];
    await Promise.all(workers.map((worker) => worker.run(signal)));
  } finally {
    await closeEngines(engines);
  }
};
