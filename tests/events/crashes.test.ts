import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { type Clock, systemClock } from '../../src/foundation/clock.ts';
import { silentLogger } from '../../src/foundation/logger.ts';
import { notificationSetting } from '../../src/records/notification-setting.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { EventDelivery } from '../../src/services/events/event-delivery.ts';
import { eventOutbox } from '../../src/services/events/event-outbox.ts';
import { EventTargets } from '../../src/services/events/event-targets.ts';
import type { TargetConnection } from '../../src/services/events/targets/target-connection.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { outboundGuard } from '../../src/services/outbound/outbound-guard.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { MemoryStore, newBucket, putObject } from '../memory-store.ts';
import { seededRandom } from '../s3-server.ts';

const keys = Array.from({ length: 8 }, (_, at) => `key-${at}`);
const changesPerKey = 15;

/** An engine as one process sees it: once it is dead nothing answers it, and now and then a commit fails. */
function mortal(engine: MetadataEngine, chance: () => number): { engine: MetadataEngine; die: () => void } {
  let isDead = false;
  const never = new Promise<never>(() => {});
  const unlessDead = async <T>(call: () => T | Promise<T>): Promise<T> => {
    if (isDead) return never;
    const answer = await call();
    return isDead ? never : answer;
  };
  return {
    die() {
      isDead = true;
    },
    engine: {
      get: (key) => unlessDead(() => engine.get(key)),
      range: (span) => unlessDead(() => engine.range(span)),
      snapshot: (body) => engine.snapshot(body),
      transact: (body) =>
        unlessDead(async () => {
          const fate = chance();
          if (fate < 0.05) throw new Error('the commit failed');
          const answer = await engine.transact(body);
          if (fate < 0.1) throw new Error('the answer of the commit was lost');
          return answer;
        }),
      close: () => engine.close(),
    },
  };
}

/** Takes what it likes; what it has taken it remembers, even where it then says that it did not. */
class MoodyTarget {
  readonly taken: string[] = [];
  readonly #chance: () => number;
  readonly #clock: Clock;

  constructor(chance: () => number, clock: Clock) {
    this.#chance = chance;
    this.#clock = clock;
  }

  open = async (): Promise<TargetConnection> => {
    if (this.#chance() < 0.1) throw new Error('nobody is there');
    return {
      send: async ({ body }) => {
        await this.#clock.sleep(this.#chance() * 4);
        const mood = this.#chance();
        if (mood < 0.03) throw new Error('it did not take it');
        this.taken.push(body);
        if (mood < 0.06) throw new Error('it took it, and its answer was lost');
      },
      close: async () => undefined,
    };
  };
}

for (const seed of ['one', 'two', 'three']) {
  test(`whatever dies in the middle, nothing is lost and no key is told out of order: ${seed}`, async () => {
    const random = seededRandom(seed);
    const chance = () => random.bytes(4).readUInt32BE() / 2 ** 32;
    const store = await MemoryStore.open();
    const metadata = memoryMetadataEngine({
      lateAnswers: true,
      conflictRate: 0.2,
      random: seededRandom(`${seed} store`),
    });
    const base = { metadata, clock: systemClock, random, logger: silentLogger };
    const settings = new BucketSettings(base);
    const context: ServiceContext = { ...store.context, ...base, subscribers: [eventOutbox(settings)] };
    const services = store.servicesOver({ metadata, blobs: store.blobs });
    await services.identity.createAccount({ name: 'owner' });
    const { accountId } = await services.identity.resolveAccount('owner');
    await services.buckets.create('told', newBucket(accountId));
    await services.buckets.setVersioning(await services.buckets.get('told'), 'enabled');
    const rule = { id: 'rule', kind: 'queue', arn: 'arn', target: 'moody', prefix: '', suffix: '' } as const;
    const rules = [{ ...rule, events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as const }];
    await settings.write(await services.buckets.get('told'), {
      setting: notificationSetting,
      value: { rules, eventBridge: false },
    });
    const target = new MoodyTarget(chance, systemClock);
    const secrets = new SecretBox(Buffer.alloc(32, 7), random);
    await new EventTargets({ ...base, secrets }).add(
      { name: 'moody', type: 'webhook', url: 'http://moody.example/', options: {}, accountIds: [] },
      {},
    );

    const objects = new ObjectService(context);
    const bucket = await services.buckets.get('told');
    const made = new Map<string, string[]>();
    let isWriting = true;
    const writing = Promise.all(
      keys.map(async (key) => {
        const versions: string[] = [];
        made.set(key, versions);
        for (let change = 0; change < changesPerKey; change++) {
          if (change % 4 === 3) {
            const deletion = { key, versionId: undefined, conditions: {} };
            versions.push((await objects.delete({ bucket, ownerAccountId: accountId }, deletion)).versionId!);
          } else {
            versions.push((await putObject({ objects }, { bucket, key }, Buffer.from(`${key} ${change}`))).token);
          }
          await systemClock.sleep(chance() * 40);
        }
      }),
    ).finally(() => {
      isWriting = false;
    });

    const waiting = async () => new EventTargets({ ...base, secrets }).numbers('moody');
    const deliver = (engine: MetadataEngine, end: AbortSignal) => {
      const own = { ...base, metadata: engine };
      const delivery = new EventDelivery(own, {
        targets: new EventTargets({ ...own, secrets }),
        settings: new BucketSettings(own),
        open: target.open,
        guard: outboundGuard([]),
        limits: { tries: 1000, waitMilliseconds: 3_600_000, waiting: 10_000, dead: 10_000 },
        timeoutMilliseconds: 1000,
      });
      return delivery.run({ signal: end, ending: end, watch: { count() {}, stand() {} } });
    };
    while (isWriting) {
      const process = mortal(metadata, chance);
      const end = new AbortController();
      const running = deliver(process.engine, end.signal).catch(() => undefined);
      await systemClock.sleep(50 + chance() * 200);
      process.die();
      end.abort();
      void running;
    }
    await writing;
    const end = new AbortController();
    const last = deliver(metadata, end.signal);
    while ((await waiting()).waiting > 0) await systemClock.sleep(20);
    end.abort();
    await last;

    assert.deepEqual(toldVersions(target.taken), Object.fromEntries(made));
    assert.deepEqual(await waiting(), { waiting: 0, dead: 0 });
    const violations: string[] = [];
    for await (const { message } of verifyStore({ metadata, blobs: store.blobs })) violations.push(message);
    assert.deepEqual(violations, []);
  });
}

/** The versions of each key in the order in which they were told first. */
function toldVersions(messages: readonly string[]): Record<string, string[]> {
  const told = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (const message of messages) {
    const { object } = JSON.parse(message).Records[0].s3;
    const versions = told.get(object.key)!;
    if (!versions.includes(object.versionId)) versions.push(object.versionId);
  }
  return Object.fromEntries(told);
}
