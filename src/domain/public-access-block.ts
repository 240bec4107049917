/** The four switches of Block Public Access. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
export interface PublicAccessBlock {
  /** Requests that set a public ACL are refused. */
  readonly blockPublicAcls: boolean;
  /** Entries of ACLs for everyone do not count. */
  readonly ignorePublicAcls: boolean;
  /** Bucket policies that are public are refused. */
  readonly blockPublicPolicy: boolean;
  /** A bucket policy that is public serves principals of the bucket owner's account only. */
  readonly restrictPublicBuckets: boolean;
}

export const nothingBlocked: PublicAccessBlock = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
};

export const everythingBlocked: PublicAccessBlock = {
  blockPublicAcls: true,
  ignorePublicAcls: true,
  blockPublicPolicy: true,
  restrictPublicBuckets: true,
};

/** What counts for a bucket: a switch is on where the bucket or its owner's account has it on. */
export function combineBlocks(bucket: PublicAccessBlock | undefined, account: PublicAccessBlock | undefined) {
  if (account === undefined) return bucket ?? nothingBlocked;
  if (bucket === undefined) return account;
  return {
    blockPublicAcls: bucket.blockPublicAcls || account.blockPublicAcls,
    ignorePublicAcls: bucket.ignorePublicAcls || account.ignorePublicAcls,
    blockPublicPolicy: bucket.blockPublicPolicy || account.blockPublicPolicy,
    restrictPublicBuckets: bucket.restrictPublicBuckets || account.restrictPublicBuckets,
  };
}
