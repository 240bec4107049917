import { invalidArgument } from '../errors.ts';
import type { DestinationKind } from './destination-arn.ts';
import {
  type EventPattern,
  type EventType,
  isEventPattern,
  matchesEventPattern,
  typesOfPattern,
} from './event-type.ts';

/** Which events of which keys go to one destination. */
export interface NotificationRule {
  readonly id: string;
  readonly kind: DestinationKind;
  /** As it was given, and is shown again. */
  readonly arn: string;
  /** The name of the target that the ARN means. */
  readonly target: string;
  readonly events: readonly EventPattern[];
  /** Empty where there is no such filter. */
  readonly prefix: string;
  readonly suffix: string;
}

/** What a bucket tells of its changes, and to whom. */
export interface Notification {
  readonly rules: readonly NotificationRule[];
  readonly eventBridge: boolean;
}

export const notificationLimits = { rules: 100, idLength: 255, filterBytes: 1024 } as const;

/** The filter rules of a configuration as they come from a client. Throws InvalidArgument. */
export function readFilter(rules: readonly { readonly Name: string; readonly Value: string }[]): {
  readonly prefix: string;
  readonly suffix: string;
} {
  const found: Partial<Record<'prefix' | 'suffix', string>> = {};
  for (const { Name, Value } of rules) {
    const name = Name.toLowerCase();
    if (name !== 'prefix' && name !== 'suffix') {
      throw invalidArgument('filter rule name must be either prefix or suffix', 'FilterRule.Name', Name);
    }
    if (found[name] !== undefined) {
      throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, 'FilterRule.Name', Name);
    }
    if (Buffer.byteLength(Value) > notificationLimits.filterBytes) {
      const message = 'Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation';
      throw invalidArgument(message, 'FilterRule.Value', Value.slice(0, 64));
    }
    found[name] = Value;
  }
  return { prefix: found.prefix ?? '', suffix: found.suffix ?? '' };
}

/** Throws InvalidArgument for a type of event that S3 does not have. */
export function readEventPattern(text: string): EventPattern {
  if (isEventPattern(text)) return text;
  throw invalidArgument('The event is not supported for notifications', 'Event', text.slice(0, 64));
}

/**
 * Throws InvalidArgument where some event of some key would match two rules, whatever their destinations
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html).
 */
export function checkNotificationRules(rules: readonly Filtered[]): void {
  if (rules.length > notificationLimits.rules) {
    throw invalidArgument('Too many notification configurations', 'NotificationConfiguration', String(rules.length));
  }
  const ids = new Set<string>();
  for (const { id } of rules) {
    if (ids.has(id)) throw invalidArgument('Configuration Ids must be unique', 'Id', id);
    ids.add(id);
  }
  for (const [at, rule] of rules.entries()) {
    const twin = rules.slice(0, at).find((earlier) => overlap(rule, earlier));
    if (twin) throw ambiguous(rule, twin);
  }
}

type Filtered = Omit<NotificationRule, 'target'>;

/** Whether some event of some key fits both. Keys that fit only one have neither prefix nor suffix in common. */
function overlap(a: Filtered, b: Filtered): boolean {
  if (!a.prefix.startsWith(b.prefix) && !b.prefix.startsWith(a.prefix)) return false;
  if (!a.suffix.endsWith(b.suffix) && !b.suffix.endsWith(a.suffix)) return false;
  const types = new Set(a.events.flatMap(typesOfPattern));
  return b.events.flatMap(typesOfPattern).some((type) => types.has(type));
}

function ambiguous(rule: Filtered, twin: Filtered) {
  const ids = `${twin.id}, ${rule.id}`;
  const what =
    rule.prefix === '' && rule.suffix === '' && twin.prefix === '' && twin.suffix === ''
      ? 'Configurations overlap. Configurations on the same bucket cannot share a common event type.'
      : 'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.';
  return invalidArgument(what, 'Id', ids.slice(0, 200));
}

/** Whether a rule, or somebody who listens, wants to hear of it. */
export function wantsEvent(
  { events, prefix, suffix }: Pick<NotificationRule, 'prefix' | 'suffix'> & { readonly events: readonly string[] },
  type: EventType,
  key: string,
): boolean {
  if (!key.startsWith(prefix) || !key.endsWith(suffix)) return false;
  return events.some((pattern) => matchesEventPattern(pattern, type));
}
