import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import { isToken, orderOfToken } from '../../records/tokens.ts';
import {
  type ObjectVersion,
  readVersion,
  type VersionAttributes,
  type VersionRecord,
} from '../../records/version-record.ts';

/** Which version of another bucket a new one is to be the same as. */
export interface Replica {
  /** See `VersionIdentity`. */
  readonly token: string;
  /** In milliseconds since the epoch. */
  readonly lastModified: number;
}

/** The version is there already: an earlier try came through, and only its answer was lost. */
export class ReplicaKnownError extends Error {
  readonly version: VersionRecord;
  constructor(version: VersionRecord) {
    super('the version is there already');
    this.name = 'ReplicaKnownError';
    this.version = version;
  }
}

/** The version that an earlier try of the same replication made, in place of the failure to make it again. */
export function knownReplica<Kind extends VersionRecord['kind']>(
  error: unknown,
  kind: Kind,
): Extract<VersionRecord, { kind: Kind }> {
  if (!(error instanceof ReplicaKnownError)) throw error;
  const { version } = error;
  if (version.kind !== kind) throw new StorageError('InvalidRequest', { message: 'The version is of another kind.' });
  return version as Extract<VersionRecord, { kind: Kind }>;
}

/** By how much clocks of two stores may differ. A version from far ahead would be the newest of its key for ever. */
const tolerance = 24 * 3_600_000;

/** Throws InvalidArgument for an identity that no version made by now can have. */
function checkReplica({ token, lastModified }: Replica, now: number): void {
  const isPossible =
    isToken(token) &&
    orderOfToken(token) <= (now + tolerance) * 1000 &&
    lastModified >= 0 &&
    lastModified <= now + tolerance;
  if (!isPossible) throw invalidArgument('No version has this identity.', 'x-amz-cairn-replica', token);
}

/** What the record of a replica says of it. */
export function replicaMark({ kind }: Pick<VersionRecord, 'kind'>): VersionAttributes {
  return kind === 'object' ? { replication: 'REPLICA' } : {};
}

/** What is there of a key; see `KeyVersions`. */
interface PlacedVersions {
  readonly address: ObjectAddress;
  readonly current: ObjectVersion | undefined;
}

/** Throws InvalidArgument, InvalidRequest where the bucket keeps no versions, and ReplicaKnownError where it has this one. */
export async function requireNewReplica(
  tx: Transaction,
  { bucket, versions, now }: { readonly bucket: BucketRecord; readonly versions: PlacedVersions; readonly now: number },
  replica: Replica,
): Promise<void> {
  checkReplica(replica, now);
  const { token } = replica;
  if (bucket.versioning !== 'enabled') {
    throw new StorageError('InvalidRequest', {
      message: 'The destination of a replication must have versioning enabled.',
    });
  }
  if (versions.current?.token === token) throw new ReplicaKnownError(versions.current);
  const known = await readVersion(tx, keyspace.noncurrent(versions.address, token));
  if (known) throw new ReplicaKnownError(known);
}
