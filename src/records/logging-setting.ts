import type { AccessLogging, AccessLogKeyFormat } from '../domain/access-logging.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import { bucketSetting } from './bucket-setting.ts';

/** Their places in this list are stored: new ones go to the end. */
const keyFormats: readonly AccessLogKeyFormat[] = [
  'unsaid',
  'simple',
  'partitioned-by-event',
  'partitioned-by-delivery',
];

export function packLogging(logging: AccessLogging): readonly unknown[] {
  return [
    logging.targetBucket,
    logging.targetPrefix,
    packAcl(logging.targetGrants),
    keyFormats.indexOf(logging.keyFormat),
  ];
}

export function unpackLogging([bucket, prefix, grants, format]: readonly unknown[]): AccessLogging {
  return {
    targetBucket: bucket as string,
    targetPrefix: prefix as string,
    targetGrants: unpackAcl(grants) ?? [],
    keyFormat: keyFormats[format as number] ?? 'unsaid',
  };
}

/** Where a bucket's access log goes. */
export const loggingSetting = bucketSetting<AccessLogging>({
  name: 'logging',
  version: 1,
  migrations: [],
  toFields: packLogging,
  fromFields: unpackLogging,
});
