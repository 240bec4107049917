import type { AuthorizationService } from '../services/authorization/authorization-service.ts';
import type { BucketPolicies } from '../services/authorization/bucket-policies.ts';
import type { BucketService } from '../services/buckets/bucket-service.ts';
import type { BucketSettings } from '../services/buckets/bucket-settings.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import type { ObjectService } from '../services/objects/object-service.ts';
import type { UploadService } from '../services/uploads/upload-service.ts';

/** What operations may use. */
export interface S3Services {
  readonly buckets: BucketService;
  readonly bucketSettings: BucketSettings;
  readonly policies: BucketPolicies;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly region: string;
  /** How open a new bucket is: as S3 had it before April 2023, or as it has it since. */
  readonly newBuckets: 'classic' | 'strict';
}
