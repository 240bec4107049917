import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Clock, systemClock } from '../../src/foundation/clock.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { EventDelivery } from '../../src/services/events/event-delivery.ts';
import { openTarget } from '../../src/services/events/targets/open-target.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { outboundGuard } from '../../src/services/outbound/outbound-guard.ts';
import { replicate } from '../../src/workers/replicate.ts';
import { addHook, arnOf, everything, serverWithHook, tellingBucket } from '../events/delivering.ts';
import {
  addRemote,
  localArn,
  openSide,
  putRules,
  remoteArn,
  rule,
  shownVersions,
  versionedBucket,
} from '../replication/pair.ts';
import { eventually } from '../start/spawn-server.ts';

/** Takes requests and never answers; `asked` resolves with the first. */
async function silence(t: TestContext): Promise<{ readonly url: string; readonly asked: Promise<void> }> {
  const asked = Promise.withResolvers<void>();
  const server: Server = createServer((request) => {
    request.resume();
    asked.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise };
}

const guard = outboundGuard(['127.0.0.0/8']);

test('a destination that does not answer keeps no other from beginning, however old the round is', async (t) => {
  await using side = await openSide();
  const { url, asked } = await silence(t);
  for (const name of ['slow', 'quick', 'copies']) await versionedBucket(side, name);
  await addRemote(side, { url, root: side.server.root });
  await putRules(side, 'slow', rule(remoteArn('anything')));
  await putRules(side, 'quick', rule(localArn('copies')));
  await side.s3.send(new PutObjectCommand({ Bucket: 'slow', Key: 'a', Body: 'a' }));

  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now() + ahead, sleep: (...how) => systemClock.sleep(...how) };
  const context = { ...side.server.context, clock };
  const services = {
    buckets: new BucketService(context),
    settings: new BucketSettings(context),
    objects: new ObjectService(context),
    remotes: side.server.remotes,
    guard,
  };
  const stop = new AbortController();
  const working = replicate(context, services, { bytesPerSecond: 0 }).run(stop.signal);
  try {
    await asked;
    ahead = 10 * 60_000;
    await systemClock.sleep(500);
    await side.s3.send(new PutObjectCommand({ Bucket: 'quick', Key: 'b', Body: 'b' }));
    const copies = await eventually(async () => {
      const shown = await shownVersions(side, 'copies');
      return shown.length > 0 ? shown : undefined;
    });
    assert.equal(copies.length, 1);
  } finally {
    stop.abort();
    await working;
  }
});

test('a target that does not answer keeps the others from nothing while a round comes to its end', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const { url, asked } = await silence(t);
  await addHook(server, 'silent', url);
  const Bucket = await tellingBucket(server, 'told', {
    queues: [
      {
        QueueArn: arnOf('hook'),
        Events: everything,
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'h' }] } },
      },
      {
        QueueArn: arnOf('silent'),
        Events: everything,
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 's' }] } },
      },
    ],
  });
  const delivery = new EventDelivery(server.context, {
    targets: server.eventTargets,
    settings: new BucketSettings(server.context),
    open: openTarget,
    guard,
    limits: { tries: 100, waitMilliseconds: 3_600_000, waiting: 1000, dead: 1000 },
    timeoutMilliseconds: 60_000,
  });
  const stop = new AbortController();
  const ending = new AbortController();
  const put = (Key: string) => server.client().send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const before = hook.records.length;
  const running = delivery.run({ signal: stop.signal, ending: ending.signal, watch: { count() {}, stand() {} } });
  try {
    await put('silent');
    await asked;
    ending.abort();
    await put('heard');
    await hook.until(() => hook.records.length > before);
  } finally {
    stop.abort();
    await running;
  }
});
