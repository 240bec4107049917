import type { KeyAttempt, Step } from '../attempt.ts';
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

export type BucketCall = Versioning | CreateBucket | DeleteBucket | ListBuckets;

/** CreateBucket, DeleteBucket, PutBucketVersioning, ListBuckets. */
export const bucketOperations: Operations<BucketCall> = {
  versioning: {
    weight: 10,
    draw: (draws) => ({ bucket: draws.bucket(), to: draws.of(['enabled', 'suspended'] as const) }),
    perform: (caller, { bucket, to }) =>
      change(caller, { bucket, step: { kind: 'versioning', to } }, async (name) => {
        const { buckets } = caller.services;
        await buckets.setVersioning(await buckets.get(name), to);
      }),
  },
  'create-bucket': {
    weight: 15,
    draw: (draws) => ({ bucket: draws.bucket() }),
    perform: (caller, { bucket }) =>
      change(caller, { bucket, step: { kind: 'create-bucket' } }, async (name) => {
        const { accountId, services } = caller;
        await services.buckets.create(name, { accountId, region: 'r', locationConstraint: '' });
      }),
  },
  'delete-bucket': {
    weight: 15,
    draw: (draws) => ({ bucket: draws.bucket() }),
    perform: (caller, { bucket }) =>
      change(caller, { bucket, step: { kind: 'delete-bucket' }, commits: 2 }, async (name) => {
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
};

/** What concerns a bucket concerns each of its keys. */
function beginForBucket({ plan, ledger, client }: Caller, bucket: number, step: Step): OpenAttempt {
  const keys = [...plan.keys.keys()].filter((key) => plan.keys[key]!.bucket === bucket);
  return together(keys.map((key: KeyAttempt['key']) => ledger.begin(client, key, { step })));
}

async function change(
  caller: Caller,
  { bucket, step, commits }: { bucket: number; step: Step; commits?: number },
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
