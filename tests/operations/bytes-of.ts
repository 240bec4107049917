import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

/** The body of an answer to GetObject. */
export async function bytesOf({ Body }: GetObjectCommandOutput): Promise<Buffer> {
  return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
}
