import { StorageError } from '../../../src/domain/errors.ts';
import type { InventoryConfiguration } from '../../../src/domain/inventory/inventory-configuration.ts';
import { BlobCorruptError } from '../../../src/engines/blobs/blob-engine.ts';
import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import { MetadataSpaceError } from '../../../src/engines/metadata/metadata-engine.ts';
import type { QueryEngine } from '../../../src/engines/query/query-engine.ts';
import type { BucketRecord } from '../../../src/records/bucket-record.ts';
import { policySetting } from '../../../src/records/bucket-setting.ts';
import { inventorySetting } from '../../../src/records/inventory-setting.ts';
import { versionIdOf } from '../../../src/records/version-record.ts';
import { BucketPolicies } from '../../../src/services/authorization/bucket-policies.ts';
import { ContentGoneError } from '../../../src/services/content/read-content.ts';
import { InventoryRequests } from '../../../src/services/inventory/inventory-requests.ts';
import { InventoryService } from '../../../src/services/inventory/inventory-service.ts';
import { ObjectService } from '../../../src/services/objects/object-service.ts';
import type { Ledger } from '../ledger.ts';
import type { Caller, Operations, Services } from '../operation.ts';
import { bucketName } from './answers.ts';
import { checkList, isManifest, keysIn, type ListedRow } from './lists-of-objects.ts';

interface Configure {
  readonly kind: 'inventory';
  readonly bucket: number;
  readonly versions: 'All' | 'Current';
}
interface Make {
  readonly kind: 'make-inventory';
  /** Of one file. */
  readonly rows: number;
}
interface ReadLists {
  readonly kind: 'read-inventories';
}

export type InventoryCall = Configure | Make | ReadLists;

/** Lists of what buckets hold: asked for, made by a worker (or by several, which is to be survived), and read. */
export const inventoryOperations: Operations<InventoryCall> = {
  inventory: {
    weight: 8,
    draw: (draws) => ({ bucket: draws.bucket(), versions: draws.of(['All', 'Current'] as const) }),
    perform: configure,
  },
  'make-inventory': { weight: 10, draw: (draws) => ({ rows: draws.of([1, 2, 3, 1000]) }), perform: makeLists },
  'read-inventories': { weight: 5, draw: () => ({}), perform: readLists },
};

/** None of the buckets that clients know: what is delivered would be in their listings. */
const targetName = 'inventory-target';
const day = 86_400_000;

export async function makeInventoryTarget({ services, accountId }: Caller): Promise<void> {
  const { buckets, settings } = services;
  await buckets.create(targetName, { accountId, region: 'r', locationConstraint: '' });
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${targetName}/*`,
  };
  const value = JSON.stringify({ Version: '2012-10-17', Statement });
  await settings.write(await buckets.get(targetName), { setting: policySetting, value });
}

function configurationOf(id: string, versions: 'All' | 'Current'): InventoryConfiguration {
  return {
    id,
    isEnabled: true,
    versions,
    frequency: 'Daily',
    filterPrefix: undefined,
    fields: ['ETag'],
    destination: {
      bucket: targetName,
      accountId: undefined,
      prefix: undefined,
      // The other format is compressed, which happens in threads that no scheduler has a say in.
      format: 'Parquet',
      encryption: undefined,
    },
  };
}

async function configure(caller: Caller, { bucket, versions }: Configure): Promise<void> {
  const { buckets, settings, context } = caller.services;
  await unlessDisturbed(async () => {
    const record = await buckets.get(bucketName(bucket));
    await settings.write(record, { setting: inventorySetting, value: [configurationOf('list', versions)] });
    await new InventoryRequests(context).request(record.name, 'list');
  });
}

/** What a worker, or a reader who can come again, gets over. */
async function unlessDisturbed(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const isDisturbance = [InjectedFault, StorageError, MetadataSpaceError, BlobCorruptError, ContentGoneError].some(
      (kind) => error instanceof kind,
    );
    if (!isDisturbance) throw error;
  }
}

/** Notes when a list was about to appear: whatever is in it was read by then. */
class WatchedObjects extends ObjectService {
  readonly #ledger: Ledger;

  constructor(context: Services['context'], ledger: Ledger) {
    super(context);
    this.#ledger = ledger;
  }

  override commit(...[staged, put]: Parameters<ObjectService['commit']>): ReturnType<ObjectService['commit']> {
    if (isManifest(put.key) && !this.#ledger.listEnds.has(staged.etag)) {
      this.#ledger.listEnds.set(staged.etag, this.#ledger.tick());
    }
    return super.commit(staged, put);
  }
}

/** Files of JSON lines in place of Parquet; the first says when the first row was read, at the earliest. */
function lineFiles(ledger: Ledger): QueryEngine {
  return {
    missing: () => undefined,
    start: () => {
      throw new Error('nothing is queried here');
    },
    writeParquet: (_table, rows) => ({
      bytesProcessed: 0,
      async answer(take) {
        await take(lineOf({ from: ledger.tick() }));
        for await (const row of rows) await take(lineOf(row));
      },
      async stop() {},
    }),
  };
}

function lineOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

async function makeLists(caller: Caller, { rows }: Make): Promise<void> {
  const { services, plan, marks } = caller;
  await unlessDisturbed(async () => {
    const requests = new InventoryRequests(services.context);
    for (const bucket of plan.buckets.keys()) {
      const state = await requests.state(bucketName(bucket), 'list').catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        return undefined;
      });
      if (state?.run && state.run.files.length > 0) marks.hit('list taken up again');
      else if (state) await requests.request(bucketName(bucket), 'list');
    }
    marks.hit('list of objects made', await makeDue(caller, rows));
  });
}

async function makeDue({ services, ledger }: Caller, rowsPerFile: number): Promise<number> {
  const { context, buckets, settings } = services;
  const inventories = new InventoryService(context, {
    buckets,
    settings,
    policies: new BucketPolicies(settings),
    objects: new WatchedObjects(context, ledger),
    queries: lineFiles(ledger),
  });
  const signal = new AbortController().signal;
  return inventories.makeDue({ dayMilliseconds: day, rowsPerFile, signal, progress() {}, count() {} });
}

async function readLists(caller: Caller): Promise<void> {
  await unlessDisturbed(async () => {
    const target = await caller.services.buckets.get(targetName);
    for (const key of await keysIn(caller.services, target)) {
      if (isManifest(key)) await checkList(caller, target, key);
    }
  });
}

/** A list that is made now has just what is there. Removes all lists, and their bucket. */
export async function settleInventories(services: Services, caller: Caller): Promise<void> {
  const { plan, ledger, accountId } = caller;
  const { buckets, settings, objects } = services;
  const target = await buckets.find(targetName);
  if (!target) return;
  const sources: BucketRecord[] = [];
  for (const index of plan.buckets.keys()) {
    const bucket = await buckets.find(bucketName(index));
    if (!bucket) continue;
    sources.push(bucket);
    const value = [configurationOf('final', 'All')];
    await settings.write(bucket, { setting: inventorySetting, value });
  }
  await makeDue({ ...caller, services }, 2);
  const keys = await keysIn(services, target);
  const finals = new Map<string, readonly ListedRow[]>();
  for (const key of keys.filter(isManifest)) {
    const rows = await checkList({ ...caller, services }, target, key);
    const [source, id] = key.split('/');
    if (id === 'final') finals.set(source!, rows);
  }
  for (const { name, id } of sources) {
    const everything = { bucketId: id, prefix: '', delimiter: undefined, after: undefined, limit: 10_000 };
    const there = (await objects.listVersions(everything)).items.flatMap((item) =>
      item.kind === 'entry' ? [`${item.entry.key} ${versionIdOf(item.entry.version)}`] : [],
    );
    const listed = finals.get(name)?.map(({ key, versionId }) => `${key} ${versionId}`);
    if (listed?.join() !== there.join())
      ledger.violate(`${name} has ${there.join()}, and is listed as ${listed?.join()}`);
  }
  for (const key of keys) {
    await objects.delete({ bucket: target, ownerAccountId: accountId }, { key, versionId: 'null', conditions: {} });
  }
  await buckets.delete(target);
}
