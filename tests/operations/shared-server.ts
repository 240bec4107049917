import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  type BucketVersioningStatus,
  CreateBucketCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { startS3Server, type TestServer, type TestServerOptions } from '../s3-server.ts';
import { type RawRequest, type RawResponse, sendRaw } from './send-raw.ts';

/** One server for a file of tests that keep to buckets of their own. */
export interface SharedServer {
  readonly server: TestServer;
  /** The root account's client, with the SDK's defaults. */
  readonly s3: S3Client;
  /** A bucket that no other test knows. */
  bucket(versioning?: BucketVersioningStatus): Promise<string>;
  /** A request signed by hand, as the root account. */
  raw(request: RawRequest): Promise<RawResponse>;
}

/** Starts before the file's tests and stops after them. That nothing was logged as an error is one more assertion. */
export function sharedServer(options: TestServerOptions = {}): SharedServer {
  let server: TestServer | undefined;
  let s3: S3Client | undefined;
  let buckets = 0;
  before(async () => {
    server = await startS3Server(options);
    s3 = server.client();
  });
  after(async () => {
    await server![Symbol.asyncDispose]();
    assert.deepEqual(server!.errors, []);
  });
  return {
    get server() {
      return server!;
    },
    get s3() {
      return s3!;
    },
    async bucket(versioning) {
      const name = `bucket-${++buckets}`;
      await s3!.send(new CreateBucketCommand({ Bucket: name }));
      if (versioning) {
        const configuration = { Status: versioning };
        await s3!.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: configuration }));
      }
      return name;
    },
    raw: (request) => sendRaw(server!, request),
  };
}
