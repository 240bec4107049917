import { StorageError } from './errors.ts';

/** Paths that the listener answers itself; a bucket of that name could not be reached in path style. */
export const reservedBucketNames: readonly string[] = ['health', 'ready', 'metrics'];

const allowedCharacters = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const emptyOrHyphenLabel = /\.\.|\.-|-\./;
const looksLikeAddress = /^\d{1,3}(\.\d{1,3}){3}$/;
const reservedPrefixes = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const reservedSuffixes = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

/**
 * Throws InvalidBucketName unless a bucket of this name may be created
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
 */
export function checkBucketName(name: string): void {
  const valid =
    allowedCharacters.test(name) &&
    !emptyOrHyphenLabel.test(name) &&
    !looksLikeAddress.test(name) &&
    !reservedPrefixes.some((prefix) => name.startsWith(prefix)) &&
    !reservedSuffixes.some((suffix) => name.endsWith(suffix)) &&
    !reservedBucketNames.includes(name);
  if (!valid) throw new StorageError('InvalidBucketName', { fields: { BucketName: name } });
}

/** Who may make a bucket of a name: anybody, or the one account whose id and region stand in the name. */
export type BucketNamespace = 'account-regional' | 'global';

export const bucketNamespaces = ['account-regional', 'global'] as const satisfies readonly BucketNamespace[];

const accountRegionalSuffix = '-an';

/**
 * Throws InvalidBucketName unless the name is one of the namespace: `prefix-<account>-<region>-an` in the account's own,
 * and nothing that ends in `-an` in that of all
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html).
 */
export function checkBucketNamespace(
  name: string,
  namespace: BucketNamespace | undefined,
  { accountId, region }: { readonly accountId: string; readonly region: string },
): void {
  const own = `-${accountId}-${region}${accountRegionalSuffix}`;
  const fits =
    namespace === 'account-regional'
      ? name.length > own.length && name.endsWith(own)
      : !name.endsWith(accountRegionalSuffix);
  if (fits) return;
  const message =
    namespace === 'account-regional'
      ? `A bucket in the account regional namespace must have a name that ends with ${own}.`
      : `Bucket names that end with ${accountRegionalSuffix} are reserved for account regional namespaces: send x-amz-bucket-namespace.`;
  throw new StorageError('InvalidBucketName', { message, fields: { BucketName: name } });
}

const possibleName = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/**
 * Whether a bucket of this name could exist at all: the rules of S3's first years (255 characters, upper case,
 * underscores) included, since imported buckets may have such names. What fails here is answered without a look-up.
 */
export function isPossibleBucketName(name: string): boolean {
  return possibleName.test(name) && !reservedBucketNames.includes(name);
}
