import { BucketPolicies } from '../services/authorization/bucket-policies.ts';
import { BucketService } from '../services/buckets/bucket-service.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { backgroundLockIn } from '../services/data-directory/data-directory.ts';
import { makeDirectories } from '../services/data-directory/durable-file.ts';
import { DataDirectoryError } from '../services/data-directory/refusal.ts';
import { acquireServerLock, type ServerLock } from '../services/data-directory/server-lock.ts';
import { EventDelivery } from '../services/events/event-delivery.ts';
import { EventTargets } from '../services/events/event-targets.ts';
import { openTarget } from '../services/events/targets/open-target.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { InventoryService } from '../services/inventory/inventory-service.ts';
import { releaseLeases } from '../services/leases/lease.ts';
import { ObjectService } from '../services/objects/object-service.ts';
import { outboundGuard } from '../services/outbound/outbound-guard.ts';
import { countOldAccounts } from '../services/quotas/account-usage.ts';
import { RemoteService } from '../services/replication/remote-service.ts';
import { replicationBacklogs } from '../services/replication/replication-status.ts';
import { applyLifecycle } from '../workers/apply-lifecycle.ts';
import { deliverAccessLogs } from '../workers/deliver-access-logs.ts';
import { deliverEvents } from '../workers/deliver-events.ts';
import { forgetRefusals } from '../workers/forget-refusals.ts';
import { makeInventories } from '../workers/make-inventories.ts';
import { placeContents } from '../workers/place-contents.ts';
import { reclaimBlobs } from '../workers/reclaim-blobs.ts';
import { renewVaultToken } from '../workers/renew-vault-token.ts';
import { replicate } from '../workers/replicate.ts';
import { rewrapDataKeys } from '../workers/rewrap-data-keys.ts';
import { closeEngines, openEngines, serviceContext } from './engines.ts';
import { openQueryEngine } from './open-query-engine.ts';
import type { Background, BackgroundContext } from './server-composition.ts';

/** How long a target may take to answer. */
const eventTimeoutMilliseconds = 10_000;

/** Between two tries to be the only process that does this work. */
const lockRetryMilliseconds = 500;

/** Everything that Cairn does without being asked by a request. */
export const runBackgroundWork: Background = async (context, signal) => {
  const lock = await soleLock(context, signal);
  if (lock === undefined) return;
  const engines = await openEngines(context.settings);
  try {
    const services = serviceContext(engines, context);
    // Whoever held them is dead, for there is but one process at a time that holds leases of this store.
    await releaseLeases(services);
    const delivery = {
      buckets: new BucketService(services),
      objects: new ObjectService(services),
      policies: new BucketPolicies(new BucketSettings(services)),
    };
    const waitMilliseconds = context.settings.accessLogDeliverySeconds * 1000;
    const workers = [
      reclaimBlobs(services, context),
      deliverAccessLogs(services, delivery, { waitMilliseconds }),
      applyLifecycle(services),
      placeContents(services),
      rewrapDataKeys(services),
      forgetRefusals(services),
      ...(context.settings.vaultAddress === undefined ? [] : [renewVaultToken(services)]),
    ];
    const replication = {
      ...delivery,
      settings: new BucketSettings(services),
      remotes: new RemoteService(services, new SecretBox(context.masterKey, context.random)),
      guard: outboundGuard(context.settings.outboundAllow),
    };
    context.replicationMetrics.watch(() => replicationBacklogs(services));
    workers.push(replicate(services, replication, { bytesPerSecond: context.settings.replicationBytesPerSecond }));
    const events = new EventDelivery(services, {
      targets: new EventTargets({ ...services, secrets: new SecretBox(context.masterKey, context.random) }),
      settings: new BucketSettings(services),
      open: openTarget,
      guard: outboundGuard(context.settings.outboundAllow),
      limits: {
        tries: context.settings.eventTries,
        waitMilliseconds: context.settings.eventWaitHours * 3_600_000,
        waiting: context.settings.eventsWaitingMax,
        dead: context.settings.eventsDeadMax,
      },
      timeoutMilliseconds: eventTimeoutMilliseconds,
    });
    workers.push(deliverEvents(services, events, context.eventMetrics));
    const inventories = new InventoryService(services, {
      ...delivery,
      settings: new BucketSettings(services),
      queries: openQueryEngine(context.settings, context),
    });
    const dayMilliseconds = context.settings.inventoryDaySeconds * 1000;
    workers.push(makeInventories(services, inventories, { dayMilliseconds }));
    const counting = countOldAccounts(services, signal).catch((error: unknown) => {
      context.logger.error(
        { err: error },
        'the usage of old accounts could not be counted; the next start tries again',
      );
    });
    await Promise.all([counting, ...workers.map((worker) => worker.run(signal))]);
  } finally {
    await closeEngines(engines);
    lock.release();
  }
};

/**
 * Sees to it that the process that did this work before is gone: that of a server that was killed may outlive it for a
 * moment, or longer when it has been stopped. Undefined where the signal comes first.
 */
async function soleLock(context: BackgroundContext, signal: AbortSignal): Promise<ServerLock | undefined> {
  const { settings, clock, random, logger } = context;
  const directory = backgroundLockIn(settings.data);
  makeDirectories(directory);
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      return await acquireServerLock(directory, { clock, random });
    } catch (error) {
      if (!(error instanceof DataDirectoryError)) throw error;
      if (isFirst) logger.warn({ reason: error.message }, 'background work waits for a process that still does it');
      await clock.sleep(lockRetryMilliseconds, signal);
    }
  }
  return undefined;
}
