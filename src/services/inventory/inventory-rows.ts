import { type Acl, groupUris } from '../../domain/acl.ts';
import type { InventoryConfiguration, InventoryField } from '../../domain/inventory/inventory-configuration.ts';
import { inventoryCsvKey } from '../../domain/inventory/inventory-layout.ts';
import { type CompiledLifecycle, compileLifecycle } from '../../domain/lifecycle/compiled-lifecycle.ts';
import { expirationOf } from '../../domain/lifecycle/decide-lifecycle.ts';
import { wholeDay } from '../../domain/lifecycle/lifecycle-days.ts';
import { accountRecordType } from '../../records/account-record.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { readRecord } from '../../records/record-type.ts';
import { type ObjectVersion, type VersionRecord, versionIdOf } from '../../records/version-record.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { ListedVersion } from '../objects/list-objects.ts';
import type { ServiceContext } from '../service-context.ts';

export type InventoryRow = readonly (string | null)[];

/** Makes rows of versions, in the order of `inventoryColumns`. */
export interface RowWriter {
  row(listed: ListedVersion): Promise<InventoryRow>;
}

type Describe = (version: ObjectVersion, listed: ListedVersion) => string | null | Promise<string | null>;

/** `settings`: the rules that end objects stand there. */
export async function rowWriter(
  context: ServiceContext,
  settings: BucketSettings,
  { bucket, configuration }: { bucket: BucketRecord; configuration: InventoryConfiguration },
): Promise<RowWriter> {
  const names = new CanonicalIds(context);
  const wantsEnd = configuration.fields.includes('LifecycleExpirationDate');
  const rules = wantsEnd ? await settings.read(bucket, lifecycleSetting) : undefined;
  const lifecycle = rules && compileLifecycle(rules);
  const describers = configuration.fields.map((field) => describerOf(field, { names, lifecycle }));
  const isCsv = configuration.destination.format === 'CSV';
  const tellsVersions = configuration.versions === 'All';
  return {
    async row(listed) {
      const { key, version, isLatest } = listed;
      const row: (string | null)[] = [bucket.name, isCsv ? inventoryCsvKey(key) : key];
      if (tellsVersions) {
        row.push(versionIdIn(bucket, version), String(isLatest), String(version.kind === 'delete-marker'));
      }
      for (const [i, describe] of describers.entries()) {
        const field = configuration.fields[i];
        if (version.kind === 'object') row.push(await describe(version, listed));
        else if (field === 'LastModifiedDate') row.push(new Date(version.lastModified).toISOString());
        else row.push(field === 'ObjectOwner' ? await names.of(version.ownerAccountId) : null);
      }
      return row;
    },
  };
}

/** Empty where versioning was never on. */
function versionIdIn({ versioning }: BucketRecord, version: VersionRecord): string {
  return versioning === 'unversioned' ? '' : versionIdOf(version);
}

const encryptionStatus = { 'SSE-S3': 'SSE-S3', 'SSE-KMS': 'SSE-KMS', 'SSE-C': 'SSE-C' } as const;

function describerOf(
  field: InventoryField,
  { names, lifecycle }: { names: CanonicalIds; lifecycle: CompiledLifecycle | undefined },
): Describe {
  switch (field) {
    case 'Size':
      return ({ size }) => String(size);
    case 'LastModifiedDate':
      return ({ lastModified }) => new Date(lastModified).toISOString();
    case 'ETag':
      return ({ etag }) => etag;
    case 'StorageClass':
      return ({ storageClass }) => storageClass;
    case 'IsMultipartUploaded':
      return ({ content }) => String(content.kind === 'parts');
    case 'ReplicationStatus':
      return ({ replication }) => replication ?? null;
    case 'EncryptionStatus':
      return ({ encryption }) => (encryption ? encryptionStatus[encryption.kind] : 'NOT-SSE');
    case 'ObjectLockRetainUntilDate':
      return ({ retention }) => (retention ? new Date(retention.until).toISOString() : null);
    case 'ObjectLockMode':
      return ({ retention }) => retention?.mode ?? null;
    case 'ObjectLockLegalHoldStatus':
      return ({ legalHold }) => (legalHold === undefined ? null : legalHold ? 'ON' : 'OFF');
    case 'IntelligentTieringAccessTier':
      // There is one tier here, which AWS calls by this name.
      return ({ storageClass }) => (storageClass === 'INTELLIGENT_TIERING' ? 'FREQUENT' : null);
    case 'BucketKeyStatus':
      return ({ encryption }) =>
        encryption?.kind === 'SSE-KMS' ? (encryption.bucketKeyEnabled ? 'ENABLED' : 'DISABLED') : null;
    case 'ChecksumAlgorithm':
      return ({ checksum }) => checksum?.algorithm ?? null;
    case 'ObjectAccessControlList':
      return async ({ acl, ownerAccountId }) => aclText(acl, await names.of(ownerAccountId));
    case 'ObjectOwner':
      return ({ ownerAccountId }) => names.of(ownerAccountId);
    case 'LifecycleExpirationDate':
      return ({ size, tags, lastModified }, { key, isLatest }) => {
        if (!lifecycle || !isLatest) return null;
        const end = expirationOf(lifecycle, { key, kind: 'object', size, tags, lastModified }, wholeDay);
        return end ? new Date(end.at).toISOString() : null;
      };
  }
}

/** Base64 of JSON (https://docs.aws.amazon.com/AmazonS3/latest/userguide/objectacl.html). */
function aclText(acl: Acl | undefined, owner: string): string {
  const entries = acl ?? [{ grantee: { kind: 'account', id: owner }, permission: 'FULL_CONTROL' } as const];
  const grants = entries.map(({ grantee, permission }) =>
    grantee.kind === 'group'
      ? { uri: groupUris[grantee.group], permission, type: 'Group' }
      : { canonicalId: grantee.id, permission, type: 'CanonicalUser' },
  );
  return Buffer.from(JSON.stringify({ version: '2022-11-10', status: 'AVAILABLE', grants })).toString('base64');
}

/** What accounts are called where S3 shows who owns something. Few accounts own the objects of a bucket. */
class CanonicalIds {
  readonly #context: ServiceContext;
  readonly #known = new Map<string, string>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  async of(accountId: string): Promise<string> {
    const known = this.#known.get(accountId);
    if (known !== undefined) return known;
    const account = await readRecord(this.#context.metadata, accountRecordType, keyspace.account(accountId));
    const id = account?.canonicalId ?? '';
    this.#known.set(accountId, id);
    return id;
  }
}
