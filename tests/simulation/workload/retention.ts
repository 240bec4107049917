import { StorageError } from '../../../src/domain/errors.ts';
import { compileLifecycle } from '../../../src/domain/lifecycle/compiled-lifecycle.ts';
import { checkRetentionChange } from '../../../src/domain/object-lock.ts';
import { openBucket } from '../../../src/services/buckets/open-bucket.ts';
import { carryOut } from '../../../src/services/lifecycle/carry-out.ts';
import { type DueVersion, walkVersions } from '../../../src/services/lifecycle/lifecycle-walk.ts';
import type { StepDefaultRetention, StepRetention } from '../attempt.ts';
import type { CallDraws } from '../call-draws.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketOf, fail, namedVersion, writeIn } from './answers.ts';
import { changeBucket } from './buckets.ts';
import { put } from './objects.ts';

type Mode = StepRetention['mode'];

interface Lock {
  readonly kind: 'lock';
  readonly bucket: number;
  readonly byDefault?: StepDefaultRetention | undefined;
}
interface PutLocked {
  readonly kind: 'put-locked';
  readonly key: number;
  readonly size: number;
  readonly mode: Mode;
  readonly milliseconds: number;
}
interface Retain {
  readonly kind: 'retain';
  readonly key: number;
  readonly pick?: number | undefined;
  /** Undefined: no longer. */
  readonly to?: { readonly mode: Mode; readonly milliseconds: number } | undefined;
  readonly bypass: boolean;
}
interface Expire {
  readonly kind: 'expire';
  readonly key: number;
}

export type RetentionCall = Lock | PutLocked | Retain | Expire;

/** PutObjectLockConfiguration, PutObjectRetention, writes that say how long they are kept, and a rule that ends all that it may. */
export const retentionOperations: Operations<RetentionCall> = {
  lock: {
    weight: 10,
    draw: (draws) => ({
      bucket: draws.bucket(),
      byDefault: draws.sometimes(0.6, () => ({ mode: drawMode(draws), days: draws.of([1, 1, 3]) })),
    }),
    perform: lock,
  },
  'put-locked': {
    weight: 15,
    draw: (draws) => ({
      key: draws.key(),
      size: draws.size(),
      mode: drawMode(draws),
      milliseconds: drawLength(draws),
    }),
    perform: putLocked,
  },
  retain: {
    weight: 20,
    draw: (draws) => ({
      key: draws.key(),
      pick: draws.sometimes(0.5, () => draws.pick()),
      to: draws.sometimes(0.8, () => ({ mode: drawMode(draws), milliseconds: drawLength(draws) })),
      bypass: draws.sometimes(0.3, () => true) ?? false,
    }),
    perform: retain,
  },
  expire: { weight: 10, draw: (draws) => ({ key: draws.key() }), perform: expire },
};

function drawMode(draws: CallDraws): Mode {
  return draws.of(['GOVERNANCE', 'COMPLIANCE']);
}

/** None is a whole number of days, as those of the default retention are. */
function drawLength(draws: CallDraws): number {
  return draws.of([1, 20, 1000, 30_007, 3_600_007, 2 * 86_400_000 + 7]);
}

async function lock(caller: Caller, { bucket, byDefault }: Lock): Promise<void> {
  const defaultRetention = byDefault && {
    mode: byDefault.mode,
    period: { unit: 'days' as const, count: byDefault.days },
  };
  const { buckets } = caller.services;
  // A bucket without versioning takes no lock; somebody else may suspend it meanwhile.
  await changeBucket(caller, { bucket, step: { kind: 'versioning', to: 'enabled' } }, async (name) => {
    await buckets.setVersioning(await buckets.get(name), 'enabled');
  });
  await changeBucket(caller, { bucket, step: { kind: 'lock', to: byDefault } }, async (name) => {
    await buckets.setObjectLock(await buckets.get(name), { defaultRetention });
  });
}

async function putLocked(caller: Caller, { key, size, mode, milliseconds }: PutLocked): Promise<void> {
  const until = caller.services.context.clock.now() + milliseconds;
  await put(caller, { key, size, retention: { mode, until } });
}

async function retain(caller: Caller, { key, pick, to: wanted, bypass }: Retain): Promise<void> {
  const { client, services, ledger, plan, marks } = caller;
  const { clock } = services.context;
  const { versionId, version } = namedVersion(caller, key, pick);
  const to = wanted && { mode: wanted.mode, until: clock.now() + wanted.milliseconds };
  if (to) ledger.askedEnds.add(to.until);
  const step = { kind: 'retain', version, to, bypass, clock: caller.watchClock() } as const;
  const attempt = ledger.begin(client, key, { step });
  try {
    const bucket = await bucketOf(caller, key);
    const target = { bucket, key: plan.keys[key]!.key, versionId, aspect: 'retention' as const };
    const changed = await services.objects.change(target, (found) => {
      checkRetentionChange(found.retention, to, { now: clock.now(), mayBypassGovernance: bypass });
      return { ...found, retention: to };
    });
    attempt.answer('ok');
    ledger.seeRetention(writeIn(changed), to);
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'ObjectLocked') marks.hit('retention refused');
    fail(caller, attempt, { error });
  }
}

const everything = compileLifecycle({
  rules: [
    {
      id: 'all',
      isEnabled: true,
      expiration: { days: 1 },
      transitions: [],
      noncurrentExpiration: { days: 1 },
      noncurrentTransitions: [],
    },
  ],
  minimumTransitionSize: 'all_storage_classes_128K',
});

/** A lifecycle rule that ends whatever is older than a millisecond. */
async function expire(caller: Caller, { key }: Expire): Promise<void> {
  const { services, plan } = caller;
  const { context } = services;
  const due: DueVersion[] = [];
  const time = { now: context.clock.now(), dayMilliseconds: 1 };
  try {
    const bucket = await bucketOf(caller, key);
    const walk = walkVersions(context, bucket, { lifecycle: everything, time, from: '' });
    for await (const page of walk) due.push(...page.due.filter((one) => one.key === plan.keys[key]!.key));
  } catch (error) {
    // It read, and nothing more.
    if (error instanceof StorageError) return;
    const nothing = caller.ledger.begin(caller.client, key, { step: { kind: 'shown' } });
    return fail(caller, nothing, { error, refusal: () => undefined });
  }
  for (const one of due) await expireVersion(caller, key, { due: one, now: time.now });
}

async function expireVersion(
  caller: Caller,
  key: number,
  { due, now }: { readonly due: DueVersion; readonly now: number },
): Promise<void> {
  const { client, services, ledger, marks } = caller;
  const { context } = services;
  const { isNull, token } = due.version;
  const named = due.version.kind === 'object' ? writeIn(due.version) : ledger.writeOfVersion.get(token);
  const version = isNull ? 'null' : named;
  if (version === undefined) return;
  const write = ledger.newWrite(client);
  const step = { kind: 'expire', write, version, clock: caller.watchClock() } as const;
  const attempt = ledger.begin(client, key, { step });
  try {
    const known = await bucketOf(caller, key);
    const done = await context.metadata.transact(async (tx) => {
      const bucket = await openBucket(tx, known, context);
      const time = { now, dayMilliseconds: 1 };
      const one = await carryOut(tx, { context, bucket, lifecycle: everything, time }, due);
      if (!one) return 'nothing';
      return one.kind === 'expire' && bucket.versioning !== 'unversioned' ? 'marked' : 'removed';
    });
    attempt.answer(done);
    if (done !== 'nothing') marks.hit('version expired');
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'ObjectLocked') marks.hit('expiry stopped by a lock');
    fail(caller, attempt, { error });
  }
}
