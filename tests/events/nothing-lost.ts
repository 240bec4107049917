import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { runCairn } from '../crash/run-cairn.ts';
import { spawnServer } from '../start/spawn-server.ts';
import { arnOf } from './delivering.ts';

const keys = 12;
const putsPerKey = 20;

export interface TargetUnderTest {
  readonly type: string;
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
  /** What the broker has taken so far, in its order. */
  readonly taken: () => Promise<readonly string[]>;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

/**
 * Puts objects while the broker is killed and started again, and looks at what the broker has in the end: every put,
 * and those of a key in their order. Repetitions are allowed.
 */
export async function assertNothingIsLost(t: TestContext, target: TargetUnderTest): Promise<void> {
  process.env.CAIRN_OUTBOUND_ALLOW = '127.0.0.0/8';
  const server = await spawnServer(t, { environment: { CAIRN_OUTBOUND_ALLOW: '127.0.0.0/8', CAIRN_SYNC: 'relaxed' } });
  const options = Object.entries(target.options).flatMap(([name, value]) => ['--option', `${name}=${value}`]);
  const where = ['--type', target.type, '--url', target.url, ...options, '--data', server.data];
  const added = await runCairn(['target', 'add', 'broker', ...where]);
  assert.equal(added.code, 0, added.errors);
  const tested = await runCairn(['target', 'test', 'broker', '--data', server.data]);
  assert.equal(tested.code, 0, tested.errors);

  const s3 = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  });
  t.after(() => s3.destroy());
  const Bucket = 'told';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const QueueConfigurations = [{ QueueArn: arnOf('broker'), Events: ['s3:ObjectCreated:*' as const] }];
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations } }),
  );

  const etags = new Map<string, string[]>();
  let put = 0;
  const putting = Promise.all(
    Array.from({ length: keys }, async (_, at) => {
      const Key = `key-${at}`;
      const ofKey: string[] = [];
      etags.set(Key, ofKey);
      for (let version = 0; version < putsPerKey; version++) {
        const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: `${Key} ${version}` }));
        ofKey.push(ETag!.replaceAll('"', ''));
        put++;
        await wait(20);
      }
    }),
  );
  while (put < (keys * putsPerKey) / 4) await wait(5);
  await target.kill();
  while (put < (keys * putsPerKey) / 2) await wait(5);
  await target.restart();
  await putting;

  const deadline = Date.now() + 60_000;
  let told = new Map<string, string[]>();
  while (Date.now() < deadline) {
    told = toldEtags(await target.taken());
    if ([...etags].every(([key, wanted]) => told.get(key)?.length === wanted.length)) break;
    await wait(200);
  }
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(etags));
}

/** The ETags of each key as they came first. */
function toldEtags(messages: readonly string[]): Map<string, string[]> {
  const told = new Map<string, string[]>();
  for (const message of messages) {
    for (const { s3 } of JSON.parse(message).Records ?? []) {
      const ofKey = told.get(s3.object.key) ?? [];
      if (!ofKey.includes(s3.object.eTag)) ofKey.push(s3.object.eTag);
      told.set(s3.object.key, ofKey);
    }
  }
  return new Map([...told].sort(([a], [b]) => Number(a.slice(4)) - Number(b.slice(4))));
}
