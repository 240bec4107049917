import type { BlobEngine } from '../../src/engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { sourceOf } from '../../src/foundation/bytes.ts';
import { forgetReaders, reclaimDue, reclaimOrphans } from '../../src/services/content/reclaim.ts';
import { placeDue } from '../../src/services/lifecycle/place-contents.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { accessKeyCount, tenantCount } from './call-draws.ts';
import type { Caller, Services } from './operation.ts';
import { settleAccessLogs } from './workload/access-logs.ts';
import { bucketName, saidOfVersion } from './workload/answers.ts';
import { settleEvents } from './workload/events.ts';
import { removeUsers } from './workload/identities.ts';
import { settleInventories } from './workload/inventories.ts';
import { perform } from './workload.ts';

/** A store of which nothing is running any more, and a clock that can be put forward. */
export interface QuietStore {
  readonly engines: { readonly metadata: MetadataEngine; readonly blobs: BlobEngine; readonly coldBlobs: BlobEngine };
  readonly services: Services;
  pass(milliseconds: number): void;
}

/** Owns all buckets but those of tenants. */
export const ownerName = 'owner';

const day = 24 * 3_600_000;
const quietly = { signal: new AbortController().signal, progress() {}, count() {} };

/** Works off everything that will ever be due, and what crashes left: nothing, where nothing failed. */
async function drain({ services: { context }, pass }: QuietStore, { plan, ledger }: Caller): Promise<void> {
  const isCalm = plan.faults.length === 0 && plan.events.length === 0;
  for (let days = 0; days < 10; days++) {
    while ((await placeDue(context, quietly)).busy);
    while ((await reclaimDue(context)).reclaimed > 0);
    const search = { writtenBefore: context.clock.now(), signal: new AbortController().signal };
    const orphans = await reclaimOrphans(context, search);
    await forgetReaders(context);
    if (isCalm && orphans > 0) ledger.violate('there are blobs that no record speaks of, and nothing has failed');
    pass(days === 0 ? 60_000 : day);
  }
}

/** What the store must promise when nobody disturbs it any more. Says what does not hold. */
export async function heal(store: QuietStore, caller: Caller): Promise<void> {
  const { ledger } = caller;
  await verify(store, caller, { when: 'right after', orphans: false });
  await readEverything(caller);
  store.pass(60_000);
  await writeEverywhere(store, caller);
  await drain(store, caller);
  await verify(store, caller, { when: 'after reclaiming everything', orphans: true });
  await readEverything(caller);
  await settleEvents(store.services, caller);
  await settleInventories(store.services, caller);
  await settleAccessLogs(store.services, caller);
  // Whatever is kept is kept no longer.
  store.pass(Math.max(0, ledger.lastEnd - store.services.context.clock.now()));
  await removeEverything(store, caller);
  await removeUsers(caller);
  await removeAccounts(store);
  await drain(store, caller);
  for (const entry of await leftovers(store)) ledger.violate(`left in an empty store: ${entry}`);
}

async function verify(
  { engines }: QuietStore,
  { ledger }: Caller,
  { when, orphans }: { when: string; orphans: boolean },
): Promise<void> {
  for await (const { message } of verifyStore(engines, { bytes: true, orphans })) ledger.violate(`${when}: ${message}`);
}

/** Every key, every page, every version: the answers join the history, after everything else. */
async function readEverything(caller: Caller): Promise<void> {
  const { plan, ledger, services, client } = caller;
  for (const [key, { bucket: index, key: name }] of plan.keys.entries()) {
    await perform(caller, { kind: 'get', key });
    const bucket = await services.buckets.find(bucketName(index));
    if (!bucket) continue;
    const query = { bucketId: bucket.id, prefix: name, delimiter: undefined, after: undefined, limit: 1000 };
    const attempt = ledger.begin(client, key, { step: { kind: 'versions' } });
    const { items } = await services.objects.listVersions(query);
    const versions = items.flatMap((item) =>
      item.kind === 'entry' && item.entry.key === name ? [item.entry.version] : [],
    );
    attempt.answer(
      versions
        .map((version) => {
          const id = version.isNull ? 'null' : 'id';
          if (version.kind === 'delete-marker') return `marker ${id}`;
          return `${version.userMetadata[0]?.[1]} ${version.etag} ${id}${saidOfVersion(caller, version)}`;
        })
        .join(', '),
    );
  }
  for (const index of plan.buckets.keys()) {
    for (const limit of [1, 2, 1000]) {
      await perform(caller, { kind: 'list', bucket: index, limit, delimiter: limit === 2 ? '/' : undefined });
      await perform(caller, { kind: 'list-versions', bucket: index, limit });
      await perform(caller, { kind: 'list-uploads', bucket: index, limit });
    }
  }
  for (const limit of [1, 1000]) {
    await perform(caller, { kind: 'list-buckets', limit });
    for (const pick of [0, 0.5, 0.99]) await perform(caller, { kind: 'list-parts', pick, limit });
  }
  await readIdentity(caller);
}

async function readIdentity(caller: Caller): Promise<void> {
  await perform(caller, { kind: 'list-accounts', limit: 1 });
  for (let account = 0; account < tenantCount; account++) {
    await perform(caller, { kind: 'list-keys', account, limit: 1 });
    await perform(caller, { kind: 'list-own-buckets', account });
  }
  for (let accessKey = 0; accessKey < accessKeyCount; accessKey++)
    await perform(caller, { kind: 'sign-in', accessKey });
}

/** No bucket may stay closed, whoever died while deleting it. */
async function writeEverywhere({ services }: QuietStore, { plan, ledger, accountId }: Caller): Promise<void> {
  for (const index of plan.buckets.keys()) {
    const found = await services.buckets.find(bucketName(index));
    if (!found) continue;
    // What is written here has to go again.
    if (found.objectLock) await services.buckets.setObjectLock(found, {});
    const bucket = await services.buckets.get(found.name);
    const description = { headers: {}, userMetadata: [], storageClass: 'STANDARD', tags: [] };
    const staged = await services.objects.stage(sourceOf(Buffer.from('afterwards')), []);
    const address = { bucket, key: 'afterwards', ownerAccountId: accountId };
    try {
      await services.objects.commit(staged, { ...address, description, conditions: {}, checksum: undefined });
      const listed = await services.objects.head({ bucket, key: 'afterwards', versionId: undefined });
      const versionId = listed.isNull ? 'null' : listed.token;
      await services.objects.delete(address, { key: 'afterwards', versionId, conditions: {} });
    } catch (error) {
      ledger.violate(`bucket ${bucket.name} takes no writes after healing: ${error}`);
    }
  }
}

async function removeEverything({ services }: QuietStore, { plan, accountId, ledger }: Caller): Promise<void> {
  for (const index of plan.buckets.keys()) {
    const bucket = await services.buckets.find(bucketName(index));
    if (!bucket) continue;
    const everything = { bucketId: bucket.id, prefix: '', delimiter: undefined, after: undefined, limit: 10_000 };
    for (const item of (await services.objects.listVersions(everything)).items) {
      if (item.kind !== 'entry') continue;
      const { key, version } = item.entry;
      const versionId = version.isNull ? 'null' : version.token;
      if (version.kind === 'object' && version.legalHold) {
        const target = { bucket, key, versionId, aspect: 'legal-hold' as const };
        await services.objects.change(target, (held) => ({ ...held, legalHold: false }));
      }
      await services.objects.delete({ bucket, ownerAccountId: accountId }, { key, versionId, conditions: {} });
    }
    for (const item of (await services.uploads.list(everything)).items) {
      if (item.kind === 'entry') await services.uploads.abort({ bucket, ...item.entry });
    }
    try {
      await services.buckets.delete(bucket);
    } catch (error) {
      ledger.violate(`bucket ${bucket.name} cannot be deleted after healing: ${error}`);
    }
  }
}

async function removeAccounts({ services: { identity, buckets } }: QuietStore): Promise<void> {
  for (const { displayName, accountId } of await identity.listAccounts({ limit: 1000 })) {
    if (displayName === ownerName) continue;
    const owned = { ownerAccountId: accountId, prefix: '', after: undefined, limit: 1000, region: undefined };
    for (const bucket of (await buckets.list(owned)).buckets) await buckets.delete(bucket);
    await identity.deleteAccount(displayName);
  }
}

const firstAccountTable = 0x10;
const afterAccountTables = 0x20;
/** Sequences of events and counters of those that wait: they outlive targets and buckets. The revision of an account. */
const staysForGood: ReadonlySet<number> = new Set([0x82, 0x83, 0xb1]);
/** The owner's record, and where its name and its canonical id lead to it. */
const entriesOfOwner = 3;

async function leftovers({ engines }: QuietStore): Promise<string[]> {
  const all = await engines.metadata.range({ from: Buffer.alloc(0), to: Buffer.from([0xff]), limit: 1000 });
  const entries = all
    .filter(({ key }) => key[0]! < firstAccountTable || key[0]! >= afterAccountTables)
    .filter(({ key }) => !staysForGood.has(key[0]!))
    .map(({ key, value }) => `${key.toString('hex')} = ${value.toString('hex')}`);
  const ofAccounts = all.filter(({ key }) => key[0]! >= firstAccountTable && key[0]! < afterAccountTables);
  if (ofAccounts.length !== entriesOfOwner) {
    entries.push(`accounts and keys: ${ofAccounts.map(({ key }) => key.toString('latin1')).join()}`);
  }
  for await (const { id } of engines.blobs.scan()) entries.push(`blob ${id}`);
  return entries;
}
