import { BucketPolicies } from '../services/authorization/bucket-policies.ts';
import { BucketService } from '../services/buckets/bucket-service.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { ObjectService } from '../services/objects/object-service.ts';
import { deliverAccessLogs } from '../workers/deliver-access-logs.ts';
import { reclaimBlobs } from '../workers/reclaim-blobs.ts';
import { closeEngines, openEngines, serviceContext } from './engines.ts';
import type { Background } from './server-composition.ts';

/** Everything that Cairn does without being asked by a request. */
export const runBackgroundWork: Background = async (context, signal) => {
  const engines = await openEngines(context.settings);
  try {
    const services = serviceContext(engines, context);
    const delivery = {
      buckets: new BucketService(services),
      objects: new ObjectService(services),
      policies: new BucketPolicies(new BucketSettings(services)),
    };
    const waitMilliseconds = context.settings.accessLogDeliverySeconds * 1000;
    const workers = [reclaimBlobs(services, context), deliverAccessLogs(services, delivery, { waitMilliseconds })];
    await Promise.all(workers.map((worker) => worker.run(signal)));
  } finally {
    await closeEngines(engines);
  }
};
