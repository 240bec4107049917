import type { TestContext } from 'node:test';
import {
  CreateBucketCommand,
  type EventBridgeConfiguration,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  type QueueConfiguration,
} from '@aws-sdk/client-s3';
import type { DeliveryLimits } from '../../src/domain/events/delivery-pace.ts';
import { startS3Server, type TestServer, type TestServerOptions } from '../s3-server.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** A server with a webhook as its target `hook`, both gone after the test. */
export async function serverWithHook(
  t: TestContext,
  options: TestServerOptions = {},
): Promise<{ server: TestServer; hook: WebhookReceiver }> {
  const server = await startS3Server(options);
  const hook = await WebhookReceiver.start();
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    await hook[Symbol.asyncDispose]();
  });
  await addHook(server, 'hook', hook.url);
  return { server, hook };
}

export async function addHook(server: TestServer, name: string, url: string, secret?: string): Promise<void> {
  await server.eventTargets.add({ name, type: 'webhook', url, options: {}, accountIds: [] }, { secret });
}

export const arnOf = (target: string) => `arn:aws:sqs:us-east-1::${target}`;

/** A bucket that tells what it is told to. */
export async function tellingBucket(
  server: TestServer,
  name: string,
  {
    versioned = false,
    queues = [{ QueueArn: arnOf('hook'), Events: everything }],
    eventBridge,
  }: { versioned?: boolean; queues?: QueueConfiguration[]; eventBridge?: EventBridgeConfiguration } = {},
): Promise<string> {
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  if (versioned) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  }
  const NotificationConfiguration = { QueueConfigurations: queues, EventBridgeConfiguration: eventBridge };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: name, NotificationConfiguration }));
  return name;
}

export const everything: QueueConfiguration['Events'] = [
  's3:ObjectCreated:*',
  's3:ObjectRemoved:*',
  's3:ObjectTagging:*',
  's3:ObjectAcl:Put',
];

/** Delivers while `body` runs, and stops when it is over. */
export async function whileDelivering(
  server: TestServer,
  body: () => Promise<void>,
  limits: Partial<DeliveryLimits> = {},
): Promise<void> {
  const stop = new AbortController();
  const delivering = server.deliverEvents(stop.signal, limits);
  try {
    await body();
  } finally {
    stop.abort();
    await delivering;
  }
}
