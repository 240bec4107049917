import type { AccountSummary, IdentityCommands, KeySummary } from '../cli/identity-commands.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import type { AccountRecord } from '../records/account-record.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import type { Settings } from '../settings.ts';

/** The accounts and keys of a data directory, for commands: all processes share the metadata, a running server sees changes at once. */
export async function openIdentity(
  settings: Settings,
): Promise<{ commands: IdentityCommands; close(): Promise<void> }> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = await openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const identity = new IdentityService({
    metadata,
    clock: systemClock,
    random,
    secrets: new SecretBox(masterKey, random),
  });
  return { commands: identityCommands(identity), close: () => metadata.close() };
}

const pageSize = 500;

function identityCommands(identity: IdentityService): IdentityCommands {
  return {
    createAccount: async (account) => accountSummary(await identity.createAccount(account)),
    async *listAccounts() {
      let after: string | undefined;
      for (;;) {
        const page = await identity.listAccounts({ after, limit: pageSize });
        yield* page.map(accountSummary);
        if (page.length < pageSize) return;
        after = page.at(-1)!.accountId;
      }
    },
    deleteAccount: (nameOrId) => identity.deleteAccount(nameOrId),
    async createKey({ account, ...given }) {
      const { accountId } = await identity.resolveAccount(account);
      const pair = await identity.createAccessKey({
        account,
        ...given,
      });
      return { ...pair, accountId };
    },
    async *listKeys(nameOrId) {
      const account = await identity.resolveAccount(nameOrId);
      let after: string | undefined;
      for (;;) {
        const page = await identity.listAccessKeys(account, { after, limit: pageSize });
        for (const { accessKeyId, accountId, status, createdAt } of page) {
          yield { accessKeyId, accountId, status, createdAt: iso(createdAt) } satisfies KeySummary;
        }
        if (page.length < pageSize) return;
        after = page.at(-1)!.accessKeyId;
      }
    },
    setKeyStatus: (accessKeyId, status) => identity.setAccessKeyStatus(accessKeyId, status),
    deleteKey: (accessKeyId) => identity.deleteAccessKey(accessKeyId),
  };
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

function accountSummary({ displayName, accountId, canonicalId, email, createdAt }: AccountRecord): AccountSummary {
  return { accountId, canonicalId, displayName, email, createdAt: iso(createdAt) };
}
