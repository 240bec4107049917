import type { Operation } from '../operation.ts';
import { abortMultipartUpload } from './abort-multipart-upload.ts';
import { completeMultipartUpload } from './complete-multipart-upload.ts';
import { copyObject } from './copy-object.ts';
import { createBucket } from './create-bucket.ts';
import { createMultipartUpload } from './create-multipart-upload.ts';
import { deleteBucket } from './delete-bucket.ts';
import { deleteObject } from './delete-object.ts';
import { deleteObjects } from './delete-objects.ts';
import { getBucketLocation } from './get-bucket-location.ts';
import { getBucketVersioning } from './get-bucket-versioning.ts';
import { getObject } from './get-object.ts';
import { getObjectAttributes } from './get-object-attributes.ts';
import { headBucket } from './head-bucket.ts';
import { headObject } from './head-object.ts';
import { listBuckets } from './list-buckets.ts';
import { listMultipartUploads } from './list-multipart-uploads.ts';
import { listObjectVersions } from './list-object-versions.ts';
import { listObjects } from './list-objects.ts';
import { listObjectsV2 } from './list-objects-v2.ts';
import { listParts } from './list-parts.ts';
import { putBucketVersioning } from './put-bucket-versioning.ts';
import { putObject } from './put-object.ts';
import { uploadPart } from './upload-part.ts';
import { uploadPartCopy } from './upload-part-copy.ts';

/** Every S3 operation that Cairn answers. Their order means nothing. */
export const operations: readonly Operation[] = [
  abortMultipartUpload,
  completeMultipartUpload,
  copyObject,
  createBucket,
  createMultipartUpload,
  deleteBucket,
  deleteObject,
  deleteObjects,
  getBucketLocation,
  getBucketVersioning,
  getObject,
  getObjectAttributes,
  headBucket,
  headObject,
  listBuckets,
  listMultipartUploads,
  listObjectVersions,
  listObjects,
  listObjectsV2,
  listParts,
  putBucketVersioning,
  putObject,
  uploadPart,
  uploadPartCopy,
];
