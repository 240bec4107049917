import { StorageError } from '../errors.ts';
import { targetNameForm } from './destination-arn.ts';

export const targetTypes = ['webhook', 'nats', 'kafka', 'amqp', 'mqtt', 'redis'] as const;
export type TargetType = (typeof targetTypes)[number];

/** Where events can be sent to, without its secret. */
export interface EventTarget {
  readonly name: string;
  readonly type: TargetType;
  /** Without a password. */
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
  /** Ids of the accounts whose buckets may name it; empty: all. */
  readonly accountIds: readonly string[];
}

interface TypeRules {
  readonly protocols: readonly string[];
  /** What an option must look like, by its name; `required` ones must be there. */
  readonly options: Readonly<
    Record<string, { readonly form: RegExp; readonly required?: true; readonly says: string }>
  >;
}

const nameOption = (says: string) => ({ form: /^[^\s\0]{1,255}$/, says });

/** Which addresses and options each type of target has. */
export const targetRules: Readonly<Record<TargetType, TypeRules>> = {
  webhook: {
    protocols: ['http:', 'https:'],
    options: { authorization: { form: /^[\x20-\x7e]{1,64}$/, says: 'scheme of the Authorization header: Bearer' } },
  },
  nats: {
    protocols: ['nats:', 'tls:'],
    options: {
      subject: { ...nameOption('subject to publish to'), required: true },
      jetstream: { form: /^(on|off)$/, says: 'on: wait until JetStream has stored it; off: until the server has it' },
    },
  },
  kafka: {
    protocols: ['kafka:', 'kafkas:'],
    options: {
      topic: { form: /^[\w.-]{1,249}$/, required: true, says: 'topic to produce to; the key is bucket/key' },
      brokers: { form: /^[^\s,]+(,[^\s,]+)*$/, says: 'more bootstrap brokers, host:port, comma-separated' },
      sasl: { form: /^(PLAIN|SCRAM-SHA-256|SCRAM-SHA-512)$/, says: 'PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512' },
    },
  },
  amqp: {
    protocols: ['amqp:', 'amqps:'],
    options: {
      exchange: { form: /^[^\s\0]{0,127}$/, says: 'exchange to publish to; the default one when left out' },
      'routing-key': { ...nameOption('routing key: with the default exchange, the queue'), required: true },
    },
  },
  mqtt: {
    protocols: ['mqtt:', 'mqtts:'],
    options: {
      topic: { form: /^[^\s\0+#]{1,255}$/, required: true, says: 'topic to publish to' },
      qos: { form: /^[12]$/, says: '1 (at least once) or 2' },
    },
  },
  redis: {
    protocols: ['redis:', 'rediss:'],
    options: {
      key: { ...nameOption('key of the list or stream, or the channel'), required: true },
      mode: { form: /^(list|stream|publish)$/, says: 'list (RPUSH), stream (XADD) or publish (PUBLISH)' },
    },
  },
};

/** Throws InvalidArgument, with what is allowed, for a target that could never work. The url may have credentials in it. */
export function checkEventTarget(target: EventTarget): void {
  if (!targetNameForm.test(target.name)) {
    throw refused('the name of a target has 1 to 64 letters, digits, hyphens and underscores');
  }
  const rules = targetRules[target.type];
  const url = URL.parse(target.url);
  if (url === null || url.hostname === '' || !rules.protocols.includes(url.protocol)) {
    const forms = rules.protocols.map((protocol) => `${protocol}//host:port`).join(' or ');
    throw refused(`the url of a ${target.type} target is ${forms}`);
  }
  for (const [option, { form, required, says }] of Object.entries(rules.options)) {
    const value = target.options[option];
    if (value === undefined && !required) continue;
    if (value === undefined || !form.test(value)) throw refused(`${target.type} has the option ${option}: ${says}`);
  }
  const unknown = Object.keys(target.options).find((option) => !Object.hasOwn(rules.options, option));
  if (unknown !== undefined) {
    const known = Object.keys(rules.options).join(', ');
    throw refused(`${target.type} has no option ${unknown}; it has ${known}`);
  }
}

function refused(message: string): StorageError {
  return new StorageError('InvalidArgument', { message });
}
