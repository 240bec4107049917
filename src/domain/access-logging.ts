import type { Acl } from './acl.ts';

/** Where the access log of a bucket goes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html */
export interface AccessLogging {
  readonly targetBucket: string;
  readonly targetPrefix: string;
  /** What others than the owner may do with the log objects; empty where only the owner may anything. */
  readonly targetGrants: Acl;
  readonly keyFormat: AccessLogKeyFormat;
}

/** `unsaid`: simple, and GetBucketLogging gives back nothing about it, as nothing was said. */
export type AccessLogKeyFormat = 'unsaid' | 'simple' | 'partitioned-by-event' | 'partitioned-by-delivery';

/** Who writes log objects, in the words of policies. */
export const loggingService = 'logging.s3.amazonaws.com';

/** The bucket that a log is about. */
export interface AccessLogSource {
  readonly accountId: string;
  /** The account's canonical id. */
  readonly canonicalId: string;
  readonly region: string;
  readonly bucket: string;
}

export interface LogObject {
  readonly logging: Pick<AccessLogging, 'targetPrefix' | 'keyFormat'>;
  readonly source: Pick<AccessLogSource, 'accountId' | 'region' | 'bucket'>;
  /** When one of its requests came, in milliseconds since the epoch: those by event are all of one day. */
  readonly eventAt: number;
  readonly deliveredAt: number;
  /** 16 upper-case letters and digits. */
  readonly unique: string;
}

/**
 * The key of a log object: `[prefix]YYYY-MM-DD-hh-mm-ss-[unique]`, or with account, region, bucket and day as folders.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-access-logging-overview
 */
export function logObjectKey({ logging, source, eventAt, deliveredAt, unique }: LogObject): string {
  const { targetPrefix, keyFormat } = logging;
  const byEvent = keyFormat === 'partitioned-by-event';
  const [day, time] = new Date(byEvent ? eventAt : deliveredAt).toISOString().slice(0, 19).split('T') as [
    string,
    string,
  ];
  const name = `${day}-${byEvent ? '00-00-00' : time.replaceAll(':', '-')}-${unique}`;
  if (keyFormat === 'unsaid' || keyFormat === 'simple') return targetPrefix + name;
  return `${targetPrefix}${source.accountId}/${source.region}/${source.bucket}/${day.replaceAll('-', '/')}/${name}`;
}

/** Which day a request belongs to, where log objects are of one day; the same for all requests where they are not. */
export function dayOfEvent({ keyFormat }: AccessLogging, eventAt: number): number {
  return keyFormat === 'partitioned-by-event' ? Math.floor(eventAt / 86_400_000) : 0;
}
