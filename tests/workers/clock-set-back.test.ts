import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Clock, systemClock } from '../../src/foundation/clock.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { EventDelivery } from '../../src/services/events/event-delivery.ts';
import { openTarget } from '../../src/services/events/targets/open-target.ts';
import { outboundGuard } from '../../src/services/outbound/outbound-guard.ts';
import { Pace } from '../../src/services/replication/pace.ts';
import { serverWithHook, tellingBucket } from '../events/delivering.ts';

test('a target that failed is tried again in time although the clock was set back', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'told');
  let behind = 0;
  const clock: Clock = { now: () => systemClock.now() - behind, sleep: (...how) => systemClock.sleep(...how) };
  const context = { ...server.context, clock };
  const delivery = new EventDelivery(context, {
    targets: server.eventTargets,
    settings: new BucketSettings(context),
    open: openTarget,
    guard: outboundGuard(['127.0.0.0/8']),
    limits: { tries: 100, waitMilliseconds: 3_600_000, waiting: 1000, dead: 1000 },
    timeoutMilliseconds: 5000,
  });
  const stop = new AbortController();
  let tries = 0;
  let isAway = true;
  hook.answer = () => {
    tries++;
    return isAway ? 503 : 200;
  };
  await server.client().send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  const running = delivery.run({ signal: stop.signal, ending: stop.signal, watch: { count() {}, stand() {} } });
  try {
    while (tries < 6) await systemClock.sleep(10);
    behind = 3_600_000;
    isAway = false;
    await hook.until(() => hook.records.length > 0);
    assert.equal(hook.records[0].s3.object.key, 'a');
  } finally {
    stop.abort();
    await running;
  }
});

test('a limited rate stays what it is although the clock was set back', async () => {
  let now = 10_000_000;
  const slept: number[] = [];
  const clock: Clock = {
    now: () => now,
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  const pace = new Pace(clock, 1000);
  const { signal } = new AbortController();
  await pace.take(500, signal);
  now -= 3_600_000;
  await pace.take(500, signal);
  await pace.take(500, signal);
  assert.deepEqual(slept, [500, 500]);
});
