import { type RecordType, recordType, unpackFields } from './record-type.ts';

/**
 * What a bucket is configured with beside what every request needs (that stands in the bucket's own record): a policy,
 * rules for CORS, a website … The bucket's record names the token of each, so that a process which has read the record
 * knows whether what it remembers of a setting is still in force, and no change is ever missed.
 */
export interface BucketSetting<T> {
  readonly name: string;
  readonly type: RecordType<StoredSetting<T>>;
}

export interface StoredSetting<T> {
  /** Drawn anew with each change. */
  readonly token: string;
  readonly value: T;
}

interface BucketSettingDeclaration<T> {
  /** Part of stored keys: never changed. */
  readonly name: string;
  /** Counts up with each change of shape; `migrations` as in `recordType`, over the fields of `toFields`. */
  readonly version: number;
  readonly migrations: readonly ((fields: readonly unknown[]) => readonly unknown[])[];
  readonly toFields: (value: T) => readonly unknown[];
  readonly fromFields: (fields: readonly unknown[]) => T;
}

export function bucketSetting<T>(declaration: BucketSettingDeclaration<T>): BucketSetting<T> {
  const { name, version, migrations, toFields, fromFields } = declaration;
  return {
    name,
    type: recordType<StoredSetting<T>>({
      name: `bucket setting ${name}`,
      version,
      migrations: migrations.map((migrate) => ([token, ...fields]) => [token, ...migrate(fields)]),
      toFields: ({ token, value }) => [token, ...toFields(value)],
      fromFields: ([token, ...fields]) => ({ token: token as string, value: fromFields(fields) }),
    }),
  };
}

/** Which change a stored setting is of, whatever the setting. */
export function tokenOfSetting(bytes: Buffer): string {
  const [, token] = unpackFields(bytes);
  return token as string;
}

/** A bucket's policy, as it was given: what GetBucketPolicy gives back, to the byte. */
export const policySetting = bucketSetting<string>({
  name: 'policy',
  version: 1,
  migrations: [],
  toFields: (text) => [text],
  fromFields: ([text]) => text as string,
});

/** Who pays for requests and transfer. Stored only where it is the requester. */
export const requestPaymentSetting = bucketSetting<'Requester'>({
  name: 'request-payment',
  version: 1,
  migrations: [],
  toFields: (payer) => [payer],
  fromFields: ([payer]) => payer as 'Requester',
});
