import type { DestinationKind } from '../domain/events/destination-arn.ts';
import type { EventPattern } from '../domain/events/event-type.ts';
import type { Notification, NotificationRule } from '../domain/events/notification.ts';
import { bucketSetting } from './bucket-setting.ts';

const kinds: readonly DestinationKind[] = ['queue', 'topic', 'function'];

/** Which changes of a bucket are told, and to whom. Stored only where there is something to tell. */
export const notificationSetting = bucketSetting<Notification>({
  name: 'notification',
  version: 1,
  migrations: [],
  toFields: ({ rules, eventBridge }) => [rules.map(packRule), eventBridge],
  fromFields: ([rules, eventBridge]) => ({
    rules: (rules as unknown[][]).map(unpackRule),
    eventBridge: eventBridge as boolean,
  }),
});

function packRule({ id, kind, arn, target, events, prefix, suffix }: NotificationRule): readonly unknown[] {
  return [id, kinds.indexOf(kind), arn, target, events, prefix, suffix];
}

function unpackRule(fields: readonly unknown[]): NotificationRule {
  return {
    id: fields[0] as string,
    kind: kinds[fields[1] as number]!,
    arn: fields[2] as string,
    target: fields[3] as string,
    events: fields[4] as EventPattern[],
    prefix: fields[5] as string,
    suffix: fields[6] as string,
  };
}

/**
 * Until when somebody listens to the changes of a bucket, in milliseconds since the epoch. Here, and not in the memory
 * of the process that is listened to, because any process may make a change.
 */
export const listeningSetting = bucketSetting<number>({
  name: 'listening',
  version: 1,
  migrations: [],
  toFields: (until) => [until],
  fromFields: ([until]) => until as number,
});
