import { reclaimBlobs } from '../workers/reclaim-blobs.ts';
import { blobsBefore } from './blobs-before.ts';
import { closeEngines, openEngines, serviceContext } from './engines.ts';
import type { Background } from './server-composition.ts';

/** Everything that Cairn does without being asked by a request. */
export const runBackgroundWork: Background = async (context, signal) => {
  const engines = await openEngines(context.settings);
  try {
    const blobs = blobsBefore(engines.blobs, context.serverStartedAt);
    const services = serviceContext({ ...engines, blobs }, context);
    const workers = [reclaimBlobs(services)];
    await Promise.all(workers.map((worker) => worker.run(signal)));
  } finally {
    await closeEngines(engines);
  }
};
