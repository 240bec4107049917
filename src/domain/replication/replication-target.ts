import { isPossibleBucketName } from '../bucket-name.ts';

/** A bucket that gets copies: of this server, or of a store that the operator has named. */
export interface ReplicationTarget {
  /** The operator's name of the other store; undefined for a bucket of this server. */
  readonly remote: string | undefined;
  readonly bucket: string;
}

/** Names that operators give to other stores. */
export const remoteNameForm = /^[a-z0-9][a-z0-9-]{0,62}$/;

const localForm = /^arn:aws:s3:::([^/:]+)$/;
const remoteForm = /^arn:(?:minio|cairn):replication:[a-z0-9-]{0,63}:([^:]+):([^/:]+)$/;

/**
 * `arn:aws:s3:::bucket` is a bucket of this server; `arn:minio:replication::<name>:<bucket>`, as MinIO spells it, one of
 * a store that the operator has named. Undefined for anything else.
 */
export function parseReplicationTarget(arn: string): ReplicationTarget | undefined {
  const local = localForm.exec(arn);
  if (local) return isPossibleBucketName(local[1]!) ? { remote: undefined, bucket: local[1]! } : undefined;
  const remote = remoteForm.exec(arn);
  if (!remote || !remoteNameForm.test(remote[1]!) || !isPossibleBucketName(remote[2]!)) return undefined;
  return { remote: remote[1]!, bucket: remote[2]! };
}

/** One text for each target, whatever the spelling of its ARN: it is part of stored records. */
export function targetId({ remote, bucket }: ReplicationTarget): string {
  return remote === undefined ? bucket : `${remote}:${bucket}`;
}

/** The inverse of `targetId`. */
export function targetOfId(id: string): ReplicationTarget {
  const colon = id.indexOf(':');
  return colon < 0 ? { remote: undefined, bucket: id } : { remote: id.slice(0, colon), bucket: id.slice(colon + 1) };
}
