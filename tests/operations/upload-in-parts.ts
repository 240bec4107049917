import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** A whole multipart upload; `each` comes along with every request after the first. */
export async function uploadInParts(
  s3: S3Client,
  target: CreateMultipartUploadCommandInput,
  { parts, each = {} }: { readonly parts: readonly Buffer[]; readonly each?: object },
): Promise<void> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const upload = { Bucket: target.Bucket, Key: target.Key, UploadId, ...each };
  const Parts = [];
  for (const [i, Body] of parts.entries()) {
    const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: i + 1, Body }));
    Parts.push({ PartNumber: i + 1, ETag, ChecksumCRC32 });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
}
