import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  type WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { type RawResponse, sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer, type TestServerOptions } from '../s3-server.ts';

export interface Site {
  readonly bucket: string;
  put(key: string, body: string, more?: Partial<PutObjectCommandInput>): Promise<void>;
  /** A statement about everything in the bucket for everybody, with what is given in place of it. */
  allow(...statements: readonly object[]): Promise<void>;
  /** Asks the site: no signature, `Host` as the site has it. */
  ask(target: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<RawResponse>;
}

export interface WebsiteServer {
  readonly server: TestServer;
  readonly s3: S3Client;
  site(configuration?: WebsiteConfiguration): Promise<Site>;
  /** A request of anybody to any host. */
  ask(host: string, target: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<RawResponse>;
}

export const readAll = { Action: 's3:GetObject' };
export const listAll = { Action: 's3:ListBucket', Resource: '' };

/** One server for a file of tests; that nothing was logged as an error is one more assertion. */
export function websiteServer(options: TestServerOptions = {}): WebsiteServer {
  let server: TestServer | undefined;
  let s3: S3Client | undefined;
  let sites = 0;
  before(async () => {
    server = await startS3Server({ websiteDomains: ['web.test', '=own.test'], ...options });
    s3 = server.client();
  });
  after(async () => {
    await server![Symbol.asyncDispose]();
    assert.deepEqual(server!.errors, []);
  });
  const ask: WebsiteServer['ask'] = (host, target, headers = {}, method = 'GET') =>
    sendSigned(server!, { method, target, host, headers: { host, ...headers }, body: Buffer.alloc(0) });
  return {
    get server() {
      return server!;
    },
    get s3() {
      return s3!;
    },
    ask,
    async site(WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' } }) {
      const Bucket = `site-${++sites}`;
      await s3!.send(new CreateBucketCommand({ Bucket }));
      await s3!.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
      return {
        bucket: Bucket,
        async put(Key, Body, more = {}) {
          await s3!.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/html', ...more }));
        },
        async allow(...statements) {
          const Statement = statements.map((statement) => {
            const { Resource = '/*', ...rest } = statement as { Resource?: string };
            return { Effect: 'Allow', Principal: '*', ...rest, Resource: `arn:aws:s3:::${Bucket}${Resource}` };
          });
          const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
          await s3!.send(new PutBucketPolicyCommand({ Bucket, Policy }));
        },
        ask: (target, headers, method) => ask(`${Bucket}.web.test`, target, headers, method),
      };
    },
  };
}
