import type { NotificationRule } from '../../../src/domain/events/notification.ts';
import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import { MetadataSpaceError } from '../../../src/engines/metadata/metadata-engine.ts';
import { eventQueueOf } from '../../../src/records/event-record.ts';
import { notificationSetting } from '../../../src/records/notification-setting.ts';
import { EventDelivery } from '../../../src/services/events/event-delivery.ts';
import { queueNumbers } from '../../../src/services/events/event-queue.ts';
import { EventTargets } from '../../../src/services/events/event-targets.ts';
import { SecretBox } from '../../../src/services/identity/secret-box.ts';
import { outboundGuard } from '../../../src/services/outbound/outbound-guard.ts';
import type { ServiceContext } from '../../../src/services/service-context.ts';
import { EventsHeard } from '../events-heard.ts';
import type { Caller, Operations, Services } from '../operation.ts';
import { bucketName } from './answers.ts';
import { changeBucket } from './buckets.ts';

interface Notify {
  readonly kind: 'notify';
  readonly bucket: number;
  /** Of keys that are told; undefined: none is. */
  readonly prefix?: string | undefined;
}
interface DeliverEvents {
  readonly kind: 'deliver-events';
}

export type EventCall = Notify | DeliverEvents;

/** Rules that say which changes are told, and the worker that tells them. */
export const eventOperations: Operations<EventCall> = {
  notify: {
    weight: 10,
    draw: (draws) => ({ bucket: draws.bucket(), prefix: draws.of(['', '', 'a', undefined]) }),
    perform: notify,
  },
  'deliver-events': { weight: 15, draw: () => ({}), perform: deliver },
};

const targetName = 'events';
const rule: NotificationRule = {
  id: 'rule',
  kind: 'queue',
  arn: 'arn:aws:sqs:::events',
  target: targetName,
  events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:ObjectTagging:*'],
  prefix: '',
  suffix: '',
};

function targetsOver(context: ServiceContext): EventTargets {
  return new EventTargets({ ...context, secrets: new SecretBox(Buffer.alloc(32, 7), context.random) });
}

export async function makeEventTarget({ services }: Caller): Promise<void> {
  const target = { name: targetName, type: 'webhook', url: 'http://events.example/', options: {}, accountIds: [] };
  await targetsOver(services.context).add({ ...target, type: 'webhook' }, {});
}

async function notify(caller: Caller, { bucket, prefix }: Notify): Promise<void> {
  const { keys } = caller.plan;
  const isTold = (key: number) => prefix !== undefined && keys[key]!.key.startsWith(prefix);
  const step = (key: number) => ({ kind: 'notify', isTold: isTold(key) }) as const;
  await changeBucket(caller, { bucket, step }, async (name) => {
    const { buckets, settings } = caller.services;
    const record = await buckets.get(name);
    if (prefix === undefined) return settings.remove(record, notificationSetting);
    const value = { rules: [{ ...rule, prefix }], eventBridge: false };
    await settings.write(record, { setting: notificationSetting, value });
  });
}

/** Each life of a client's process delivers for itself: two that do are to be survived, though one lease keeps them apart. */
const deliveries = new WeakMap<Services, EventDelivery>();

function deliveryOf(caller: Caller, context: ServiceContext): EventDelivery {
  const { target, wayToTarget, services } = caller;
  return new EventDelivery(context, {
    targets: targetsOver(context),
    settings: services.settings,
    open: () => target.open(wayToTarget),
    guard: outboundGuard([]),
    // No clock is so far ahead that an event is given up for its age.
    limits: { tries: 1e9, waitMilliseconds: 1e12, waiting: 1e9, dead: 1e9 },
    timeoutMilliseconds: 5000,
  });
}

async function deliver(caller: Caller): Promise<void> {
  const { services, marks } = caller;
  const delivery = deliveries.get(services) ?? deliveryOf(caller, services.context);
  deliveries.set(services, delivery);
  const watch = {
    count: (what: string, _target: string, amount: number) => {
      if (what === 'delivered') marks.hit('event delivered', amount);
    },
    stand() {},
  };
  try {
    await delivery.lookOnce({ end: new AbortController().signal, watch });
    await delivery.settle();
  } catch (error) {
    if (!(error instanceof InjectedFault) && !(error instanceof MetadataSpaceError)) throw error;
  }
}

const mostLooks = 100;

/** Everything is told now. Takes away the rules and the target. */
export async function settleEvents(services: Services, caller: Caller): Promise<void> {
  const { plan, ledger, marks, target } = caller;
  const { context, buckets, settings } = services;
  const targets = targetsOver(context);
  if ((await targets.list()).length === 0) return;
  // Others go on while it sleeps, and no time passes.
  const clock = {
    now: () => context.clock.now(),
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  const delivery = deliveryOf(caller, { ...context, clock });
  const queue = eventQueueOf(targetName);
  for (let look = 0; (await queueNumbers(context, queue)).waiting > 0; look++) {
    if (look === mostLooks) return ledger.violate('events wait for a target that takes them');
    await delivery.lookOnce({ end: new AbortController().signal, watch: { count() {}, stand() {} } });
    await delivery.settle();
  }
  if ((await queueNumbers(context, queue)).dead > 0) ledger.violate('events were given up');
  ledger.heard = new EventsHeard(target.taken, plan);
  marks.hit('event delivered again', ledger.heard.repeated);
  for (const key of plan.keys.keys()) {
    const attempt = ledger.begin(caller.client, key, { step: { kind: 'told' } });
    attempt.answer(String(ledger.heard.of(key, ledger.writeOfVersion).length));
  }
  for (const index of plan.buckets.keys()) {
    const bucket = await buckets.find(bucketName(index));
    if (bucket) await settings.remove(bucket, notificationSetting);
  }
  await targets.remove(targetName);
}
