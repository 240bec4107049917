import { StorageError } from '../../domain/errors.ts';
import type { Grant } from '../../domain/grant.ts';
import type { Principal } from '../../domain/principal.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';

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
  async authorize(principal: Principal, grants: readonly Grant[]): Promise<void> {
    for (const grant of grants) {
      if (!(await this.#isGranted(principal, grant))) throw denied(principal);
    }
  }

  /** For answers that only grow or shrink with a grant, such as 403 or 404 for a missing key. */
  async allows(principal: Principal, grant: Grant): Promise<boolean> {
    return this.#isGranted(principal, grant);
  }

  async #isGranted(principal: Principal, { action, resource }: Grant): Promise<boolean> {
    if (principal.kind === 'anonymous') {
      if (resource.kind !== 'service') await this.#existing(resource.bucket, action);
      return false;
    }
    if (resource.kind === 'service') return true;
    const bucket = await this.#existing(resource.bucket, action);
    // A bucket that does not exist yet may be made by any account: the commit decides whether the name is free.
    if (!bucket) return true;
    return action === 's3:CreateBucket' || bucket.ownerAccountId === principal.account.accountId;
  }

  async #existing(name: string, action: Grant['action']): Promise<BucketRecord | undefined> {
    const bucket = await this.#buckets.find(name);
    if (!bucket && action !== 's3:CreateBucket') throw noSuchBucket(name);
    return bucket;
  }
}

function denied(principal: Principal): StorageError {
  return new StorageError(principal.kind === 'anonymous' ? 'AnonymousNotAllowed' : 'AccessDenied');
}
