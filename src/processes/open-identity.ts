import type { AccountSummary, IdentityCommands, KeySummary } from '../cli/identity-commands.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import { type Clock, systemClock } from '../foundation/clock.ts';
import { type Random, systemRandom } from '../foundation/random.ts';
import type { AccountRecord } from '../records/account-record.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { AccessKeyService } from '../services/identity/access-keys/access-key-service.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { UserService } from '../services/identity/users/user-service.ts';
import type { Settings } from '../settings.ts';

/** The accounts and keys of a data directory, for commands: all processes share the metadata, a running server sees changes at once. */
export async function openIdentity(
  settings: Settings,
): Promise<{ commands: IdentityCommands; close(): Promise<void> }> {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = await openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const parts = { metadata, clock: systemClock, random };
  const identity = new IdentityService({ ...parts, secrets: new SecretBox(masterKey, random) });
  return { commands: identityCommands(identity, parts), close: () => metadata.close() };
}

const pageSize = 500;

interface Parts {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
}

function identityCommands(identity: IdentityService, parts: Parts): IdentityCommands {
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
    async createKey({ account, user: name, ...given }) {
      const { accountId } = await identity.resolveAccount(account);
      if (name !== undefined) {
        const user = await new UserService(parts).get(accountId, name);
        const { key, secretAccessKey } = await new AccessKeyService({ ...parts, identity }).create({ accountId, user });
        return { accessKeyId: key.accessKeyId, secretAccessKey, accountId };
      }
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
