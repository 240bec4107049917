import { StorageError } from '../../domain/errors.ts';
import { checkReplication, type ReplicationConfiguration } from '../../domain/replication/replication-configuration.ts';
import { parseReplicationTarget, type ReplicationTarget } from '../../domain/replication/replication-target.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { ServiceContext } from '../service-context.ts';
import { accountOfRemote } from './remote-service.ts';
import { beginResync } from './resync.ts';

/** The replication rules of buckets. */
export class ReplicationService {
  readonly #context: ServiceContext;
  readonly #services: { readonly buckets: BucketService; readonly settings: BucketSettings };

  constructor(
    context: ServiceContext,
    services: { readonly buckets: BucketService; readonly settings: BucketSettings },
  ) {
    this.#context = context;
    this.#services = services;
  }

  /** For a rule that its maker has not named. */
  newRuleId(): string {
    return this.#context.random.bytes(24).toString('base64url');
  }

  read(bucket: BucketRecord): MaybePromise<ReplicationConfiguration | undefined> {
    return this.#services.settings.read(bucket, replicationSetting);
  }

  /**
   * Rules that ask for what is there already begin with it. `mayWrite` throws unless whoever asks may replicate into a
   * bucket of this server. Throws InvalidRequest for rules or destinations that cannot work.
   */
  async put(
    bucket: BucketRecord,
    configuration: ReplicationConfiguration,
    asked: { readonly accountId: string | undefined; readonly mayWrite: (bucketName: string) => Promise<void> },
  ): Promise<void> {
    requireVersioning(bucket);
    checkReplication(configuration, bucket.name);
    const arns = new Set(configuration.rules.map(({ destination }) => destination.bucketArn));
    for (const arn of arns) {
      const target = parseReplicationTarget(arn);
      if (target?.remote !== undefined) await this.#checkRemote(bucket, target.remote, asked.accountId);
      else if (target) await this.#checkLocal(bucket, target, asked);
    }
    for (const { destination } of configuration.rules) {
      const target = parseReplicationTarget(destination.bucketArn);
      const isForeign = destination.account !== undefined && destination.account !== bucket.ownerAccountId;
      if (target?.remote === undefined && isForeign) throw refused('The destination bucket is not of that account.');
    }
    const setting = { setting: replicationSetting, value: configuration };
    await this.#services.settings.write(bucket, setting, requireVersioning);
    const { rules } = configuration;
    if (rules.some(({ status, existingObjects }) => status === 'Enabled' && existingObjects === 'Enabled')) {
      await beginResync(this.#context, bucket, { reason: 'configured', writtenSince: 0 });
    }
  }

  remove(bucket: BucketRecord): Promise<void> {
    return this.#services.settings.remove(bucket, replicationSetting);
  }

  async #checkLocal(
    source: BucketRecord,
    { bucket: name }: ReplicationTarget,
    {
      accountId,
      mayWrite,
    }: { readonly accountId: string | undefined; readonly mayWrite: (name: string) => Promise<void> },
  ): Promise<void> {
    if (accountId !== source.ownerAccountId) await mayWrite(name);
    const target = await this.#services.buckets.find(name);
    // Of a bucket of somebody else's, nothing is told, not even that it is there.
    if (target?.ownerAccountId !== source.ownerAccountId) throw refused('Destination bucket must exist.');
    if (target.versioning !== 'enabled') throw refused('Destination bucket must have versioning enabled.');
  }

  /** The operator has said whose buckets may go there; nobody else may send them, whatever a policy says. */
  async #checkRemote(source: BucketRecord, remote: string, accountId: string | undefined): Promise<void> {
    const allowed = await accountOfRemote(this.#context, remote);
    if (allowed === source.ownerAccountId && allowed === accountId) return;
    throw refused('Destination bucket must exist.');
  }
}

function requireVersioning({ versioning }: BucketRecord): void {
  if (versioning !== 'enabled') {
    throw refused("Versioning must be 'Enabled' on the bucket to apply a replication configuration");
  }
}

function refused(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}
