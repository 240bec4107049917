import { policySetting } from '../../src/records/bucket-setting.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import type { TestServer } from '../s3-server.ts';

/** A statement without what all of them here share: everybody, and everything in the bucket. */
export interface ShortStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Puts a bucket policy in force, for tests whose subject is something else. */
export async function givePolicy(
  server: TestServer,
  name: string,
  statements: readonly ShortStatement[],
): Promise<void> {
  const bucket = await new BucketService(server.context).get(name);
  const Resource = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
  const value = JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Principal: '*', Resource, ...statement })),
  });
  await new BucketSettings(server.context).write(bucket, { setting: policySetting, value });
}
