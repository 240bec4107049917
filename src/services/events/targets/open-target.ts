import type { TargetType } from '../../../domain/events/event-target.ts';
import type { OpenTarget, TargetConnection } from './target-connection.ts';

type Open = (open: OpenTarget) => Promise<TargetConnection>;

/** The client libraries are loaded where a target of their type is used, and nowhere else. */
const openers: Readonly<Record<TargetType, () => Promise<Open>>> = {
  webhook: async () => (await import('./webhook-target.ts')).openWebhook,
  nats: async () => (await import('./nats-target.ts')).openNats,
  kafka: async () => (await import('./kafka-target.ts')).openKafka,
  amqp: async () => (await import('./amqp-target.ts')).openAmqp,
  mqtt: async () => (await import('./mqtt-target.ts')).openMqtt,
  redis: async () => (await import('./redis-target.ts')).openRedis,
};

/** Connects to a target. */
export async function openTarget(open: OpenTarget): Promise<TargetConnection> {
  return (await openers[open.target.type]())(open);
}
