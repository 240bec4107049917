import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** An object of parts with these many bytes each. */
export async function uploadParts(
  s3: S3Client,
  object: { readonly Bucket: string; readonly Key: string },
  sizes: readonly number[],
): Promise<void> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [i, size] of sizes.entries()) {
    const part = { ...object, UploadId, PartNumber: i + 1, Body: Buffer.alloc(size, `part ${i}`) };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    Parts.push({ PartNumber: i + 1, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
}
