import type { RemoteLine, ReplicationCommands } from '../cli/replication-commands.ts';
import { StorageError } from '../domain/errors.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { type BucketRecord, bucketRecordType } from '../records/bucket-record.ts';
import { keyspace } from '../records/keyspace.ts';
import { readRecord } from '../records/record-type.ts';
import { replicationSetting } from '../records/replication-setting.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { IdentityService } from '../services/identity/identity-service.ts';
import { SecretBox } from '../services/identity/secret-box.ts';
import { RemoteService, type RemoteSummary } from '../services/replication/remote-service.ts';
import { replicationStanding, retryRefused } from '../services/replication/replication-status.ts';
import { beginResync } from '../services/replication/resync.ts';
import type { Settings } from '../settings.ts';

/** The remotes and queues of a data directory, for commands; a running server sees changes at once. */
export function openReplication(settings: Settings): { commands: ReplicationCommands; close(): Promise<void> } {
  const random = systemRandom();
  const { directory, masterKey } = readDataDirectory(settings.data, random);
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  const context = { metadata, clock: systemClock, random };
  const secrets = new SecretBox(masterKey, random);
  const remotes = new RemoteService(context, secrets);
  const identity = new IdentityService({ ...context, secrets });

  async function replicatedBucket(name: string): Promise<BucketRecord> {
    const bucket = await readRecord(metadata, bucketRecordType, keyspace.bucket(name));
    if (!bucket) throw new StorageError('NoSuchBucket', { message: `There is no bucket ${name}.` });
    if (bucket.settings[replicationSetting.name] !== undefined) return bucket;
    throw new StorageError('ReplicationConfigurationNotFound', { message: `${name} has no replication rules.` });
  }

  const commands: ReplicationCommands = {
    async addRemote({ account = 'root', ...remote }) {
      const { accountId } = await identity.resolveAccount(account);
      return remoteLine(await remotes.add({ ...remote, accountId }));
    },
    async *listRemotes() {
      for await (const remote of remotes.list()) yield remoteLine(remote);
    },
    removeRemote: (name) => remotes.remove(name),
    async *standing(name) {
      if (name !== undefined) await replicatedBucket(name);
      yield* replicationStanding(context, { bucket: name });
    },
    async resync(name, { writtenSince }) {
      await beginResync(context, await replicatedBucket(name), { reason: 'asked', writtenSince });
    },
    async retry(name) {
      return retryRefused(context, { bucketId: name === undefined ? undefined : (await replicatedBucket(name)).id });
    },
  };
  return { commands, close: () => metadata.close() };
}

function remoteLine({ name, endpoint, region, accessKeyId, accountId }: RemoteSummary): RemoteLine {
  return { name, endpoint, region, accessKeyId, accountId };
}
