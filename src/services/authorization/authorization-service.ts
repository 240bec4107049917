import { StorageError } from '../../domain/errors.ts';
import type { Grant } from '../../domain/grant.ts';
import type { Principal } from '../../domain/principal.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';
import { Access } from './access.ts';

/**
 * The one gate: decides whether a principal may do something. Default deny. Today an account may do everything in the
 * buckets that it owns and nothing in others; policies, ACLs and public access will be weighed here and nowhere else.
 */
export class AuthorizationService {
  readonly #buckets: BucketService;

  constructor(buckets: BucketService) {
    this.#buckets = buckets;
  }

  /** Throws AccessDenied, or NoSuchBucket for a bucket that is not there. */
  async authorize(principal: Principal, grants: readonly Grant[]): Promise<Access> {
    const buckets: BucketRecord[] = [];
    for (const grant of grants) {
      const bucket = await this.#bucketOf(grant, buckets);
      if (bucket) buckets.push(bucket);
      if (!isGranted(principal, grant, bucket)) throw denied(principal);
    }
    return new Access(buckets);
  }

  /** Undefined for grants on no bucket, and for one that is yet to be made. */
  async #bucketOf({ action, resource }: Grant, known: readonly BucketRecord[]): Promise<BucketRecord | undefined> {
    if (resource.kind === 'service') return undefined;
    const name = resource.bucket;
    const bucket = known.find((candidate) => candidate.name === name) ?? (await this.#buckets.find(name));
    if (!bucket && action !== 's3:CreateBucket') throw noSuchBucket(name);
    return bucket;
  }
}

function isGranted(principal: Principal, { action, resource }: Grant, bucket: BucketRecord | undefined): boolean {
  if (principal.kind === 'anonymous') return false;
  if (resource.kind === 'service') return true;
  // Any account may ask to make a bucket: the commit decides whether the name is free.
  return action === 's3:CreateBucket' || bucket?.ownerAccountId === principal.account.accountId;
}

function denied(principal: Principal): StorageError {
  return new StorageError(principal.kind === 'anonymous' ? 'AnonymousNotAllowed' : 'AccessDenied');
}
