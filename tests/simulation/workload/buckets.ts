import { policySetting } from '../../../src/records/bucket-setting.ts';
import type { KeyAttempt, Step } from '../attempt.ts';
import { settingShown } from '../key-state.ts';
import { type OpenAttempt, together } from '../ledger.ts';
import type { Caller, Operations } from '../operation.ts';
import { bucketName, fail } from './answers.ts';

interface Versioning {
  readonly kind: 'versioning';
  readonly bucket: number;
  readonly to: 'enabled' | 'suspended';
}
interface CreateBucket {
  readonly kind: 'create-bucket';
  readonly bucket: number;
}
interface DeleteBucket {
  readonly kind: 'delete-bucket';
  readonly bucket: number;
}
interface ListBuckets {
  readonly kind: 'list-buckets';
  readonly limit: number;
}

interface Setting {
  readonly kind: 'setting';
  readonly bucket: number;
  readonly removes: boolean;
}
interface ReadSetting {
  readonly kind: 'read-setting';
  readonly bucket: number;
}

export type BucketCall = Versioning | CreateBucket | DeleteBucket | ListBuckets | Setting | ReadSetting;

/** CreateBucket, DeleteBucket, PutBucketVersioning, ListBuckets, and one setting that stands for all. */
export const bucketOperations: Operations<BucketCall> = {
  versioning: {
    weight: 10,
    draw: (draws) => ({ bucket: draws.bucket(), to: draws.of(['enabled', 'suspended'] as const) }),
    perform: (caller, { bucket, to }) =>
      changeBucket(caller, { bucket, step: { kind: 'versioning', to } }, async (name) => {
        const { buckets } = caller.services;
        await buckets.setVersioning(await buckets.get(name), to);
      }),
  },
  'create-bucket': {
    weight: 15,
    draw: (draws) => ({ bucket: draws.bucket() }),
    perform: (caller, { bucket }) =>
      changeBucket(caller, { bucket, step: { kind: 'create-bucket' } }, async (name) => {
        const { accountId, services } = caller;
        await services.buckets.create(name, { accountId, region: 'r', locationConstraint: '' });
      }),
  },
  'delete-bucket': {
    weight: 15,
    draw: (draws) => ({ bucket: draws.bucket() }),
    perform: (caller, { bucket }) =>
      changeBucket(caller, { bucket, step: { kind: 'delete-bucket' }, commits: 2 }, async (name) => {
        const { buckets } = caller.services;
        await buckets.delete(await buckets.get(name));
        caller.marks.hit('bucket deleted');
      }),
  },
  'list-buckets': {
    weight: 8,
    draw: (draws) => ({ limit: draws.of([1, 2, 1000]) }),
    perform: listBuckets,
  },
  setting: {
    weight: 10,
    draw: (draws) => ({ bucket: draws.bucket(), removes: draws.sometimes(0.3, () => true) ?? false }),
    perform: changeSetting,
  },
  'read-setting': {
    weight: 10,
    draw: (draws) => ({ bucket: draws.bucket() }),
    perform: readSetting,
  },
};

async function changeSetting(caller: Caller, { bucket, removes }: Setting): Promise<void> {
  const to = removes ? undefined : caller.ledger.newWrite(caller.client);
  await changeBucket(caller, { bucket, step: { kind: 'setting', to } }, async (name) => {
    const { buckets, settings } = caller.services;
    const record = await buckets.get(name);
    if (to === undefined) await settings.remove(record, policySetting);
    else await settings.write(record, { setting: policySetting, value: to });
  });
}

async function readSetting(caller: Caller, { bucket }: ReadSetting): Promise<void> {
  const { buckets, settings } = caller.services;
  const attempt = beginForBucket(caller, bucket, { kind: 'setting-shown' });
  try {
    const setting = await settings.read(await buckets.get(bucketName(bucket)), policySetting);
    attempt.answer(settingShown(setting));
    if (setting !== undefined) caller.marks.hit('setting seen');
  } catch (error) {
    fail(caller, attempt, { error });
  }
}

/** What concerns a bucket concerns each of its keys. */
function beginForBucket(
  { plan, ledger, client }: Caller,
  bucket: number,
  step: Step | ((key: number) => Step),
): OpenAttempt {
  const keys = [...plan.keys.keys()].filter((key) => plan.keys[key]!.bucket === bucket);
  const stepOf = typeof step === 'function' ? step : () => step;
  return together(keys.map((key: KeyAttempt['key']) => ledger.begin(client, key, { step: stepOf(key) })));
}

/** Changes a bucket, and notes what that means for each of its keys. */
export async function changeBucket(
  caller: Caller,
  { bucket, step, commits }: { bucket: number; step: Step | ((key: number) => Step); commits?: number },
  make: (name: string) => Promise<void>,
): Promise<void> {
  const attempt = beginForBucket(caller, bucket, step);
  try {
    await make(bucketName(bucket));
    attempt.answer('ok');
  } catch (error) {
    fail(caller, attempt, { error, commits: commits ?? 1 });
  }
}

async function listBuckets(caller: Caller, { limit }: ListBuckets): Promise<void> {
  const { plan, services, ledger, marks, accountId } = caller;
  const open = plan.buckets.map((_, bucket) => beginForBucket(caller, bucket, { kind: 'bucket-shown' }));
  try {
    const names: string[] = [];
    for (let after: string | undefined; ; ) {
      const query = { ownerAccountId: accountId, prefix: '', after, limit, region: undefined };
      const page = await services.buckets.list(query);
      if (page.buckets.length > limit) ledger.violate(`a page of ${limit} has ${page.buckets.length} buckets`);
      names.push(...page.buckets.map(({ name }) => name));
      if (page.next === undefined) break;
      marks.hit('page of buckets cut');
      after = page.next;
    }
    if (names.join() !== [...new Set(names)].sort().join()) ledger.violate(`buckets are listed as ${names.join()}`);
    for (const [bucket, attempt] of open.entries()) attempt.answer(names.includes(bucketName(bucket)) ? 'yes' : 'no');
  } catch (error) {
    fail(caller, together(open), { error });
  }
}
