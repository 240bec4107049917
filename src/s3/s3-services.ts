import type { DefaultEncryption } from '../domain/encryption.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Random } from '../foundation/random.ts';
import type { AnnotationService } from '../services/annotations/annotation-service.ts';
import type { AuthorizationService } from '../services/authorization/authorization-service.ts';
import type { BucketPolicies } from '../services/authorization/bucket-policies.ts';
import type { BucketService } from '../services/buckets/bucket-service.ts';
import type { BucketSettings } from '../services/buckets/bucket-settings.ts';
import type { EncryptionService } from '../services/encryption/encryption-service.ts';
import type { LiveEvents } from '../services/events/live-events.ts';
import type { NotificationService } from '../services/events/notification-service.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';

import type { ObjectService } from '../services/objects/object-service.ts';
import type { ReplicationService } from '../services/replication/replication-service.ts';
import type { SelectService } from '../services/select/select-service.ts';
import type { UploadService } from '../services/uploads/upload-service.ts';

/** What operations may use. */
export interface S3Services {
  readonly buckets: BucketService;
  readonly bucketSettings: BucketSettings;
  readonly policies: BucketPolicies;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly annotations: AnnotationService;
  readonly select: SelectService;
  readonly notifications: NotificationService;
  readonly liveEvents: LiveEvents;
  readonly replication: ReplicationService;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly encryption: EncryptionService;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  /** How open a new bucket is: as S3 had it before April 2023, or as it has it since. */
  readonly newBuckets: 'classic' | 'strict';
  /** How a new bucket encrypts what comes without a word about it. */
  readonly defaultEncryption: DefaultEncryption | undefined;
  /** Keys of customers may come without TLS. */
  readonly sseCOverHttp: boolean;
}
