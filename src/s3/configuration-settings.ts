import type { BucketRecord } from '../records/bucket-record.ts';
import type { Operation } from './operation.ts';
import { deleteBucketOwnershipControls } from './operations/delete-bucket-ownership-controls.ts';
import { deletePublicAccessBlock } from './operations/delete-public-access-block.ts';
import { getBucketAccelerateConfiguration } from './operations/get-bucket-accelerate-configuration.ts';
import { getBucketAcl } from './operations/get-bucket-acl.ts';
import { getBucketAnalyticsConfiguration } from './operations/get-bucket-analytics-configuration.ts';
import { getBucketCors } from './operations/get-bucket-cors.ts';
import { getBucketEncryption } from './operations/get-bucket-encryption.ts';
import { getBucketIntelligentTieringConfiguration } from './operations/get-bucket-intelligent-tiering-configuration.ts';
import { getBucketInventoryConfiguration } from './operations/get-bucket-inventory-configuration.ts';
import { getBucketLifecycleConfiguration } from './operations/get-bucket-lifecycle-configuration.ts';
import { getBucketLogging } from './operations/get-bucket-logging.ts';
import { getBucketMetricsConfiguration } from './operations/get-bucket-metrics-configuration.ts';
import { getBucketNotificationConfiguration } from './operations/get-bucket-notification-configuration.ts';
import { getBucketOwnershipControls } from './operations/get-bucket-ownership-controls.ts';
import { getBucketPolicy } from './operations/get-bucket-policy.ts';
import { getBucketReplication } from './operations/get-bucket-replication.ts';
import { getBucketRequestPayment } from './operations/get-bucket-request-payment.ts';
import { getBucketTagging } from './operations/get-bucket-tagging.ts';
import { getBucketVersioning } from './operations/get-bucket-versioning.ts';
import { getBucketWebsite } from './operations/get-bucket-website.ts';
import { getObjectLockConfiguration } from './operations/get-object-lock-configuration.ts';
import { getPublicAccessBlock } from './operations/get-public-access-block.ts';
import { putBucketAccelerateConfiguration } from './operations/put-bucket-accelerate-configuration.ts';
import { putBucketAcl } from './operations/put-bucket-acl.ts';
import { putBucketAnalyticsConfiguration } from './operations/put-bucket-analytics-configuration.ts';
import { putBucketCors } from './operations/put-bucket-cors.ts';
import { putBucketEncryption } from './operations/put-bucket-encryption.ts';
import { putBucketIntelligentTieringConfiguration } from './operations/put-bucket-intelligent-tiering-configuration.ts';
import { putBucketInventoryConfiguration } from './operations/put-bucket-inventory-configuration.ts';
import { putBucketLifecycleConfiguration } from './operations/put-bucket-lifecycle-configuration.ts';
import { putBucketLogging } from './operations/put-bucket-logging.ts';
import { putBucketMetricsConfiguration } from './operations/put-bucket-metrics-configuration.ts';
import { putBucketNotificationConfiguration } from './operations/put-bucket-notification-configuration.ts';
import { putBucketOwnershipControls } from './operations/put-bucket-ownership-controls.ts';
import { putBucketPolicy } from './operations/put-bucket-policy.ts';
import { putBucketReplication } from './operations/put-bucket-replication.ts';
import { putBucketRequestPayment } from './operations/put-bucket-request-payment.ts';
import { putBucketTagging } from './operations/put-bucket-tagging.ts';
import { putBucketVersioning } from './operations/put-bucket-versioning.ts';
import { putBucketWebsite } from './operations/put-bucket-website.ts';
import { putObjectLockConfiguration } from './operations/put-object-lock-configuration.ts';
import { putPublicAccessBlock } from './operations/put-public-access-block.ts';

/** One configuration that buckets have, by the sub-resource that S3 knows it by. */
interface ConfigurationSetting {
  /** What stands on others of the bucket comes after them, and what names other buckets last. */
  readonly phase: 1 | 2 | 3 | 4;
  readonly get: Operation;
  readonly put: Operation;
  /** Of what new buckets may come with. */
  readonly remove?: Operation;
  /** Whether the bucket has something that a new one has not. */
  readonly isThere: (bucket: BucketRecord) => boolean;
}

const stored =
  (name: string) =>
  ({ settings }: BucketRecord): boolean =>
    name in settings;

/** By their names in the query, in the order in which they are put. */
export const configurationSettings: ReadonlyMap<string, ConfigurationSetting> = new Map<string, ConfigurationSetting>([
  [
    'ownershipControls',
    {
      phase: 1,
      get: getBucketOwnershipControls,
      put: putBucketOwnershipControls,
      remove: deleteBucketOwnershipControls,
      isThere: (bucket) => bucket.objectOwnership !== undefined,
    },
  ],
  [
    'versioning',
    {
      phase: 1,
      get: getBucketVersioning,
      put: putBucketVersioning,
      isThere: (bucket) => bucket.versioning !== 'unversioned',
    },
  ],
  [
    'encryption',
    {
      phase: 1,
      get: getBucketEncryption,
      put: putBucketEncryption,
      isThere: (bucket) => bucket.encryption !== undefined,
    },
  ],
  [
    'object-lock',
    {
      phase: 2,
      get: getObjectLockConfiguration,
      put: putObjectLockConfiguration,
      isThere: (bucket) => bucket.objectLock !== undefined,
    },
  ],
  ['acl', { phase: 2, get: getBucketAcl, put: putBucketAcl, isThere: (bucket) => bucket.acl !== undefined }],
  ['policy', { phase: 2, get: getBucketPolicy, put: putBucketPolicy, isThere: stored('policy') }],
  [
    'publicAccessBlock',
    {
      phase: 3,
      get: getPublicAccessBlock,
      put: putPublicAccessBlock,
      remove: deletePublicAccessBlock,
      isThere: (bucket) => bucket.publicAccessBlock !== undefined,
    },
  ],
  ['cors', { phase: 3, get: getBucketCors, put: putBucketCors, isThere: stored('cors') }],
  [
    'lifecycle',
    {
      phase: 3,
      get: getBucketLifecycleConfiguration,
      put: putBucketLifecycleConfiguration,
      isThere: stored('lifecycle'),
    },
  ],
  ['tagging', { phase: 3, get: getBucketTagging, put: putBucketTagging, isThere: stored('tagging') }],
  ['website', { phase: 3, get: getBucketWebsite, put: putBucketWebsite, isThere: stored('website') }],
  [
    'requestPayment',
    { phase: 3, get: getBucketRequestPayment, put: putBucketRequestPayment, isThere: stored('request-payment') },
  ],
  [
    'accelerate',
    {
      phase: 3,
      get: getBucketAccelerateConfiguration,
      put: putBucketAccelerateConfiguration,
      isThere: stored('accelerate'),
    },
  ],
  ['logging', { phase: 4, get: getBucketLogging, put: putBucketLogging, isThere: stored('logging') }],
  [
    'notification',
    {
      phase: 4,
      get: getBucketNotificationConfiguration,
      put: putBucketNotificationConfiguration,
      isThere: stored('notification'),
    },
  ],
  ['replication', { phase: 4, get: getBucketReplication, put: putBucketReplication, isThere: stored('replication') }],
  [
    'inventory',
    {
      phase: 4,
      get: getBucketInventoryConfiguration,
      put: putBucketInventoryConfiguration,
      isThere: stored('inventory'),
    },
  ],
  [
    'metrics',
    { phase: 4, get: getBucketMetricsConfiguration, put: putBucketMetricsConfiguration, isThere: stored('metrics') },
  ],
  [
    'analytics',
    {
      phase: 4,
      get: getBucketAnalyticsConfiguration,
      put: putBucketAnalyticsConfiguration,
      isThere: stored('analytics'),
    },
  ],
  [
    'intelligent-tiering',
    {
      phase: 4,
      get: getBucketIntelligentTieringConfiguration,
      put: putBucketIntelligentTieringConfiguration,
      isThere: stored('intelligent-tiering'),
    },
  ],
]);
