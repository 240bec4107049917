import type { AuthorizationService } from '../services/authorization/authorization-service.ts';
import type { BucketService } from '../services/buckets/bucket-service.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import type { ObjectService } from '../services/objects/object-service.ts';
import type { UploadService } from '../services/uploads/upload-service.ts';

/** What operations may use. */
export interface S3Services {
  readonly buckets: BucketService;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly region: string;
}
