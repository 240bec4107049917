import type { AccessLogging, AccessLogSource } from '../domain/access-logging.ts';
import { packLogging, unpackLogging } from './logging-setting.ts';
import { recordType } from './record-type.ts';

/** Lines of one bucket's access log that wait for their delivery. Whole: it needs nothing of a bucket that is gone. */
export interface AccessLogRecord {
  readonly source: AccessLogSource;
  /** As it was when the requests came. */
  readonly logging: AccessLogging;
  /** When the first of them came, in milliseconds since the epoch. */
  readonly eventAt: number;
  /** Lines in S3's format, each with its line feed. */
  readonly lines: string;
}

export const accessLogRecordType = recordType<AccessLogRecord>({
  name: 'access log',
  version: 1,
  migrations: [],
  toFields: ({ source, logging, eventAt, lines }) => [
    source.accountId,
    source.canonicalId,
    source.region,
    source.bucket,
    packLogging(logging),
    eventAt,
    lines,
  ],
  fromFields: ([accountId, canonicalId, region, bucket, logging, eventAt, lines]) => ({
    source: {
      accountId: accountId as string,
      canonicalId: canonicalId as string,
      region: region as string,
      bucket: bucket as string,
    },
    logging: unpackLogging(logging as unknown[]),
    eventAt: eventAt as number,
    lines: lines as string,
  }),
});
