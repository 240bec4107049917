import { invalidArgument, StorageError } from './errors.ts';

/*
 * Configurations of S3 that Cairn keeps and gives back, and that nothing here depends on: request metrics, storage class
 * analysis, intelligent tiering.
 */

/** What all of them have: a bucket has up to a thousand of each kind. */
export interface KeptConfiguration {
  readonly id: string;
}

/** Which objects a configuration is about. */
export interface KeptFilter {
  readonly form: 'prefix' | 'tag' | 'access-point' | 'and';
  readonly prefix: string | undefined;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly accessPointArn: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html */
export interface MetricsConfiguration extends KeptConfiguration {
  readonly filter: KeptFilter | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/analytics-storage-class.html */
export interface AnalyticsConfiguration extends KeptConfiguration {
  readonly filter: KeptFilter | undefined;
  readonly dataExport: AnalyticsExport | undefined;
}

export interface AnalyticsExport {
  readonly bucketArn: string;
  readonly accountId: string | undefined;
  readonly prefix: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html */
export interface TieringConfiguration extends KeptConfiguration {
  readonly filter: KeptFilter | undefined;
  readonly isEnabled: boolean;
  readonly tierings: readonly Tiering[];
}

export interface Tiering {
  readonly tier: AccessTier;
  /** Since the last read of an object. */
  readonly days: number;
}

export const accessTiers = ['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'] as const;
export type AccessTier = (typeof accessTiers)[number];

export const keptLimits = { configurations: 1000, idLength: 64, page: 100 } as const;

/** Throws InvalidArgument for an id that no configuration has, or that its document contradicts. */
export function checkKeptId(id: string, documentId: string): void {
  if (!new RegExp(`^[\\w.-]{1,${keptLimits.idLength}}$`).test(id)) {
    throw invalidArgument('The id has 1 to 64 letters, digits, periods, dashes and underscores.', 'id', id);
  }
  if (id !== documentId) {
    throw invalidArgument('The id of the request and that of the configuration must be the same.', 'id', id);
  }
}

/** With one more, or another in place of that of the same id. Throws TooManyConfigurations. */
export function withConfiguration<T extends KeptConfiguration>(kept: readonly T[], added: T): readonly T[] {
  const others = kept.filter(({ id }) => id !== added.id);
  if (others.length >= keptLimits.configurations) throw new StorageError('TooManyConfigurations');
  return [...others, added].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Throws NoSuchConfiguration. */
export function requireConfiguration<T extends KeptConfiguration>(kept: readonly T[], id: string): T {
  const found = kept.find((configuration) => configuration.id === id);
  if (!found) throw new StorageError('NoSuchConfiguration');
  return found;
}

/** Those behind the id `after`, a page of them. */
export function keptPage<T extends KeptConfiguration>(
  kept: readonly T[],
  after: string | undefined,
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const rest = after === undefined ? kept : kept.filter(({ id }) => id > after);
  const page = rest.slice(0, keptLimits.page);
  return { page, next: rest.length > page.length ? page.at(-1)!.id : undefined };
}

const longestDays = 730;
const shortestDays: Readonly<Record<AccessTier, number>> = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 };

/** Throws InvalidArgument and InvalidRequest, by AWS's numbers of days. */
export function checkTierings(tierings: readonly Tiering[]): void {
  if (new Set(tierings.map(({ tier }) => tier)).size < tierings.length) {
    throw new StorageError('InvalidRequest', { message: 'Each access tier may be named once.' });
  }
  for (const { tier, days } of tierings) {
    if (days >= shortestDays[tier] && days <= longestDays) continue;
    const message = `The days of ${tier} are ${shortestDays[tier]} to ${longestDays}.`;
    throw invalidArgument(message, 'Days', String(days));
  }
}

/** Throws InvalidArgument unless the ARN is that of a bucket. */
export function checkExport({ bucketArn, accountId }: AnalyticsExport): void {
  if (!/^arn:aws:s3:::[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/.test(bucketArn)) {
    throw invalidArgument('The destination is no ARN of a bucket.', 'Bucket', bucketArn);
  }
  if (accountId !== undefined && !/^\d{12,15}$/.test(accountId)) {
    throw invalidArgument('The account id is not one.', 'BucketAccountId', accountId);
  }
}
