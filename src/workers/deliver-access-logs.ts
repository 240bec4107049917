import {
  deliverAccessLogs as deliverDue,
  type LogDeliveryServices,
} from '../services/access-logs/deliver-access-logs.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Worker } from './worker.ts';

/** How often it looks whether some log has become large. */
const lookMilliseconds = 10_000;
const largeBytes = 4 * 1024 * 1024;

/** Makes objects of buckets' access logs: of lines that have waited for `waitMilliseconds`, and sooner where they are many. */
export function deliverAccessLogs(
  context: ServiceContext,
  services: LogDeliveryServices,
  { waitMilliseconds }: { readonly waitMilliseconds: number },
): Worker {
  const { clock, logger } = context;
  return {
    name: 'deliver-access-logs',
    async run(signal) {
      while (!signal.aborted) {
        try {
          await deliverDue(context, services, { waitMilliseconds, largeBytes });
        } catch (error) {
          logger.error({ err: error }, 'access logs could not be delivered; it will be tried again');
        }
        await clock.sleep(Math.min(lookMilliseconds, waitMilliseconds), signal);
      }
    },
  };
}
