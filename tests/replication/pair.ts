import {
  CreateBucketCommand,
  type DeleteMarkerEntry,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { startS3Server, type TestServer, type TestServerOptions } from '../s3-server.ts';

/** A server with a client of its root account. */
export interface Side {
  readonly server: TestServer;
  readonly s3: S3Client;
}

export async function openSide(options: TestServerOptions = {}): Promise<Side & AsyncDisposable> {
  const server = await startS3Server(options);
  return { server, s3: server.client(), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export async function versionedBucket({ s3 }: Pick<Side, 's3'>, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

/** Lets `from` know `to` under the name `other`. */
export async function addRemote(from: Side, to: Pick<TestServer, 'url' | 'root'>, name = 'other'): Promise<void> {
  const { accountId } = await from.server.identity.resolveAccount('root');
  await from.server.remotes.add({ name, endpoint: to.url, region: 'us-east-1', accountId, ...to.root });
}

export function rule(bucketArn: string, parts: Partial<ReplicationRule> = {}): ReplicationRule {
  return {
    ID: 'rule',
    Priority: 1,
    Filter: {},
    Status: 'Enabled',
    DeleteMarkerReplication: { Status: 'Enabled' },
    Destination: { Bucket: bucketArn },
    ...parts,
  };
}

export const remoteArn = (bucket: string, name = 'other') => `arn:minio:replication::${name}:${bucket}`;
export const localArn = (bucket: string) => `arn:aws:s3:::${bucket}`;

export async function putRules({ s3 }: Pick<Side, 's3'>, Bucket: string, ...Rules: ReplicationRule[]): Promise<void> {
  await s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: '', Rules } }));
}

/** Versions and delete markers as they are listed, in the form `key id etag-or-marker`. */
export async function shownVersions({ s3 }: Pick<Side, 's3'>, Bucket: string): Promise<string[]> {
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const all: (ObjectVersion | DeleteMarkerEntry)[] = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
  return all
    .map((one) => {
      const what = 'ETag' in one ? one.ETag : 'marker';
      return `${one.Key} ${one.VersionId} ${what} ${one.LastModified?.toISOString()}${one.IsLatest ? ' latest' : ''}`;
    })
    .sort();
}
