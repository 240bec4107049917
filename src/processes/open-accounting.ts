import {
  type AccountingCommands,
  changedBounds,
  type UsageLine,
  type UsageTarget,
} from '../cli/accounting-commands.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { QuotaService } from '../services/quotas/quota-service.ts';
import { recountUsage } from '../services/quotas/recount-usage.ts';
import type { Settings } from '../settings.ts';

/** Usage, quotas and limits of a data directory, for commands: a running server obeys changes at once. */
export function openAccounting(settings: Settings): { commands: AccountingCommands; close(): Promise<void> } {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const secrets = new SecretBox(masterKey, random);
  const identity = new IdentityService({ metadata, clock: systemClock, random, secrets });
  return { commands: accountingCommands(metadata, identity), close: () => metadata.close() };
}

const pageSize = 500;

export function accountingCommands(metadata: MetadataEngine, identity: IdentityService): AccountingCommands {
  const quotas = new QuotaService(metadata);

  async function usageOf(target: UsageTarget): Promise<UsageLine> {
    if ('bucket' in target) {
      const state = await quotas.ofBucket(target.bucket);
      return { of: 'bucket', name: target.bucket, ...state, isComplete: true };
    }
    const { accountId, displayName } = await identity.resolveAccount(target.account);
    return { of: 'account', name: displayName, ...(await quotas.ofAccount(accountId)) };
  }

  return {
    usageOf,
    async *allUsage() {
      for (let after: string | undefined; ; ) {
        const page = await identity.listAccounts({ after, limit: pageSize });
        for (const { accountId } of page) {
          yield await usageOf({ account: accountId });
          for await (const bucket of quotas.bucketNames(accountId)) yield await usageOf({ bucket });
        }
        if (page.length < pageSize) return;
        after = page.at(-1)!.accountId;
      }
    },
    async changeQuota(target, changes) {
      if ('bucket' in target) return quotas.changeOfBucket(target.bucket, (quota) => changedBounds(quota, changes));
      const { accountId } = await identity.resolveAccount(target.account);
      return quotas.changeOfAccount(accountId, (quota) => changedBounds(quota, changes));
    },
    recount: (options) => recountUsage(metadata, options),
    async limitsOf(target) {
      if ('key' in target) return identity.limitsOfAccessKey(target.key);
      return (await identity.resolveAccount(target.account)).rateLimits;
    },
    changeLimits: (target, changes) =>
      'key' in target
        ? identity.changeLimitsOfAccessKey(target.key, (limits) => changedBounds(limits, changes))
        : identity.changeLimitsOfAccount(target.account, (limits) => changedBounds(limits, changes)),
  };
}
