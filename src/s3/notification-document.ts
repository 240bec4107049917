import {
  checkNotificationRules,
  type Notification,
  type NotificationRule,
  notificationLimits,
  readEventPattern,
  readFilter,
} from '../domain/events/notification.ts';
import type { DraftNotification, DraftRule } from '../services/events/notification-service.ts';
import { element, type Infer, list, optional, text } from '../wire/xml/schema.ts';

const common = {
  Id: optional(text({ maxLength: notificationLimits.idLength })),
  Event: list(text(), { min: 1 }),
  Filter: optional(
    element({ S3Key: optional(element({ FilterRule: list(element({ Name: text(), Value: text() })) })) }),
  ),
} as const;

const { Id, Event, Filter } = common;
const topic = element({ Id, Topic: text(), Event, Filter });
const queue = element({ Id, Queue: text(), Event, Filter });
const cloudFunction = element({ Id, CloudFunction: text(), Event, Filter });

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html */
export const notificationConfiguration = {
  root: 'NotificationConfiguration',
  schema: element({
    TopicConfiguration: list(topic),
    QueueConfiguration: list(queue),
    CloudFunctionConfiguration: list(cloudFunction),
    EventBridgeConfiguration: optional(element({})),
  }),
} as const;

type NotificationDocument = Infer<(typeof notificationConfiguration)['schema']>;
type CommonPart = Pick<NotificationDocument['TopicConfiguration'][number], 'Id' | 'Event' | 'Filter'>;

/** What a document says, checked by itself: its destinations are still to be looked for. Rules without an id get one. */
export function readNotification(document: NotificationDocument, newId: () => string): DraftNotification {
  const ruleOf = (kind: DraftRule['kind'], arn: string, part: CommonPart): DraftRule => ({
    id: part.Id || newId(),
    kind,
    arn: arn.trim(),
    events: part.Event.map((event) => readEventPattern(event.trim())),
    ...readFilter(part.Filter?.S3Key?.FilterRule ?? []),
  });
  const rules = [
    ...document.TopicConfiguration.map((part) => ruleOf('topic', part.Topic, part)),
    ...document.QueueConfiguration.map((part) => ruleOf('queue', part.Queue, part)),
    ...document.CloudFunctionConfiguration.map((part) => ruleOf('function', part.CloudFunction, part)),
  ];
  checkNotificationRules(rules);
  return { rules, eventBridge: document.EventBridgeConfiguration !== undefined };
}

/** The configuration as S3 shows it. */
export function showNotification({ rules, eventBridge }: Notification): NotificationDocument {
  const ofKind = (kind: NotificationRule['kind']) => rules.filter((rule) => rule.kind === kind);
  return {
    TopicConfiguration: ofKind('topic').map((rule) => ({ ...showRule(rule), Topic: rule.arn })),
    QueueConfiguration: ofKind('queue').map((rule) => ({ ...showRule(rule), Queue: rule.arn })),
    CloudFunctionConfiguration: ofKind('function').map((rule) => ({ ...showRule(rule), CloudFunction: rule.arn })),
    ...(eventBridge ? { EventBridgeConfiguration: {} } : {}),
  };
}

function showRule({ id, events, prefix, suffix }: NotificationRule): CommonPart {
  const filters = [
    ...(prefix === '' ? [] : [{ Name: 'Prefix', Value: prefix }]),
    ...(suffix === '' ? [] : [{ Name: 'Suffix', Value: suffix }]),
  ];
  return { Id: id, Event: events, ...(filters.length === 0 ? {} : { Filter: { S3Key: { FilterRule: filters } } }) };
}
