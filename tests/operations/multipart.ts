import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** The least that a part other than the last may have. */
export const partSize = 5 * 1024 ** 2;

export interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

export async function beginUpload(
  s3: S3Client,
  input: CreateMultipartUploadCommandInput & { Bucket: string; Key: string },
): Promise<UploadTarget> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(input));
  return { Bucket: input.Bucket, Key: input.Key, UploadId: UploadId! };
}

/** Uploads each body as a part, numbered from 1. */
export async function uploadParts(s3: S3Client, target: UploadTarget, bodies: readonly (Buffer | string)[]) {
  const parts: CompletedPart[] = [];
  for (const [i, Body] of bodies.entries()) {
    const PartNumber = i + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    parts.push({ PartNumber, ETag });
  }
  return parts;
}

export function completeUpload(
  s3: S3Client,
  target: UploadTarget,
  Parts: CompletedPart[],
): Promise<CompleteMultipartUploadCommandOutput> {
  return s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
}
