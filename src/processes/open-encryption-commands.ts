import type { EncryptionCommands, KmsKeySummary } from '../cli/encryption-commands.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { silentLogger } from '../foundation/logger.ts';
import { systemRandom } from '../foundation/random.ts';
import type { KmsKeyRecord } from '../records/encryption-key-record.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { BucketCompression } from '../services/content/bucket-compression.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import type { EncryptionService } from '../services/encryption/encryption-service.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import type { Settings } from '../settings.ts';
import { openEncryption } from './open-encryption.ts';

/** The keys of a data directory, for commands: a running server sees changes at once, or within a second. */
export function openEncryptionCommands(settings: Settings): { commands: EncryptionCommands; close(): Promise<void> } {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const surroundings = { settings, masterKey, clock: systemClock, random, logger: silentLogger };
  const encryption = openEncryption({ metadata }, surroundings);
  const secrets = new SecretBox(masterKey, random);
  const identity = new IdentityService({ metadata, clock: systemClock, random, secrets });
  const compression = new BucketCompression(metadata, new BucketSettings({ metadata, clock: systemClock, random }));
  return {
    commands: {
      ...kmsCommands(encryption, identity),
      async listMasterKeys() {
        const keys = await encryption.masterKeys.list();
        return keys.map(({ id, isActive, createdAt }) => ({ id, isActive, createdAt: iso(createdAt) }));
      },
      rotateMasterKey: async () => (await encryption.masterKeys.rotate()).id,
      setCompression: (bucket, wanted) => compression.set(bucket, wanted),
      compressionOf: (bucket) => compression.of(bucket),
    },
    close: () => metadata.close(),
  };
}

type KmsCommands = Pick<
  EncryptionCommands,
  'createKmsKey' | 'listKmsKeys' | 'rotateKmsKey' | 'setKmsKeyEnabled' | 'shareKmsKey' | 'unshareKmsKey'
>;

function kmsCommands({ keyManagement }: EncryptionService, identity: IdentityService): KmsCommands {
  const idOf = async (account: string) => (await identity.resolveAccount(account)).accountId;
  const summary = (key: KmsKeyRecord): KmsKeySummary => ({
    id: key.id,
    arn: keyManagement.arnOf(key),
    accountId: key.accountId,
    sharedWith: key.sharedWith,
    state: key.isEnabled ? 'enabled' : 'disabled',
    aliases: key.aliases.map((alias) => `alias/${alias}`),
    description: key.description,
    material: key.material.kind === 'transit' ? key.material.name : 'built-in',
    createdAt: iso(key.createdAt),
  });
  return {
    async createKmsKey({ account, ...given }) {
      return summary(await keyManagement.create({ ...given, accountId: await idOf(account) }));
    },
    async *listKmsKeys() {
      for await (const key of keyManagement.list()) yield summary(key);
    },
    rotateKmsKey: async (key) => summary(await keyManagement.rotate(key)),
    setKmsKeyEnabled: async (key, isEnabled) => summary(await keyManagement.setEnabled(key, isEnabled)),
    shareKmsKey: async (key, account) => summary(await keyManagement.share(key, await idOf(account))),
    unshareKmsKey: async (key, account) => summary(await keyManagement.unshare(key, await idOf(account))),
  };
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
