import { StorageError } from '../domain/errors.ts';
import { onBucket } from '../domain/grant.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import { Access } from '../services/authorization/access.ts';
import type { S3Services } from './s3-services.ts';

const hearsNoMore: ReadonlySet<string> = new Set(['NoSuchBucket', 'AccountProblem']);

/**
 * Asks the gate anew, long after a listener was let through: whether its access key is still good, and whether it may
 * still hear that very bucket.
 */
export function mayStillHear(
  { request }: Access,
  { identity, authorization }: Pick<S3Services, 'identity' | 'authorization'>,
): (bucket: BucketRecord) => Promise<boolean> {
  const { principal } = request;
  return async ({ id, name }) => {
    let asker = request;
    if (principal.kind !== 'anonymous') {
      const now = await identity.principalAgain(principal);
      if (!now) return false;
      asker = { ...request, principal: now };
    }
    // What the first asking found is remembered there, and may have changed since.
    const anew = new Access(authorization, asker);
    try {
      return (await anew.allows(onBucket('s3:ListenBucketNotification', name))) && anew.bucket(name).id === id;
    } catch (error) {
      if (error instanceof StorageError && hearsNoMore.has(error.kind)) return false;
      throw error;
    }
  };
}
