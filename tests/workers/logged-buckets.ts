import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type LoggingEnabled,
  PutBucketLoggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Fields of a line by their names in S3's documentation, quotes and brackets taken off. */
export interface LogFields {
  readonly owner: string;
  readonly bucket: string;
  readonly time: string;
  readonly remoteIp: string;
  readonly requester: string;
  readonly requestId: string;
  readonly operation: string;
  readonly key: string;
  readonly requestUri: string;
  readonly status: string;
  readonly errorCode: string;
  readonly bytesSent: string;
  readonly objectSize: string;
  readonly totalTime: string;
  readonly turnAroundTime: string;
  readonly referer: string;
  readonly userAgent: string;
  readonly versionId: string;
  readonly hostId: string;
  readonly signatureVersion: string;
  readonly cipherSuite: string;
  readonly authenticationType: string;
  readonly host: string;
  readonly tlsVersion: string;
  readonly accessPoint: string;
  readonly aclRequired: string;
}

const names = [
  'owner bucket time remoteIp requester requestId operation key requestUri status errorCode bytesSent objectSize',
  'totalTime turnAroundTime referer userAgent versionId hostId signatureVersion cipherSuite authenticationType host',
  'tlsVersion accessPoint aclRequired',
].flatMap((line) => line.split(' '));

export function parseLine(line: string): LogFields {
  const fields = [...line.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map(
    ([, time, quoted, word]) => time ?? quoted ?? word,
  );
  if (fields.length !== names.length) throw new Error(`${fields.length} fields: ${line}`);
  return Object.fromEntries(names.map((name, index) => [name, fields[index]])) as unknown as LogFields;
}

/** Two buckets, one of which logs into the other. */
export async function loggedBucket(
  s3: S3Client,
  name: string,
  more: Partial<LoggingEnabled> = {},
): Promise<{ readonly source: string; readonly target: string }> {
  const [source, target] = [name, `${name}-logs`];
  await s3.send(new CreateBucketCommand({ Bucket: source }));
  await s3.send(new CreateBucketCommand({ Bucket: target, ACL: 'log-delivery-write' as never }));
  const LoggingEnabled = { TargetBucket: target, TargetPrefix: 'log/', ...more };
  await s3.send(new PutBucketLoggingCommand({ Bucket: source, BucketLoggingStatus: { LoggingEnabled } }));
  return { source, target };
}

export async function logKeys(s3: S3Client, Bucket: string): Promise<string[]> {
  return ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key ?? '');
}

/** All lines of all log objects. */
export async function logLines(s3: S3Client, Bucket: string): Promise<LogFields[]> {
  const lines: LogFields[] = [];
  for (const Key of await logKeys(s3, Bucket)) {
    const text = await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
    lines.push(...text.trimEnd().split('\n').map(parseLine));
  }
  return lines;
}
