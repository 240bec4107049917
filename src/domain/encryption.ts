/** How an object is encrypted where it is stored, and with which key its own data key is sealed. */
export type ObjectEncryption =
  /** With a key of the server's own. */
  | { readonly kind: 'SSE-S3'; readonly masterKeyId: string; readonly sealedKey: Buffer }
  /** With a key of the key management. */
  | {
      readonly kind: 'SSE-KMS';
      readonly keyArn: string;
      /** The encryption context that the client gave, as canonical JSON. */
      readonly context: string | undefined;
      readonly bucketKeyEnabled: boolean;
      readonly sealedKey: Buffer;
    }
  /** With a key that the customer sends along with each request and that is never stored. */
  | { readonly kind: 'SSE-C'; readonly keyMd5: string; readonly sealedKey: Buffer };

/** How a bucket encrypts what comes without a word about it. */
export type DefaultEncryption = (
  | { readonly kind: 'SSE-S3' }
  | {
      readonly kind: 'SSE-KMS';
      /** As it was given: an id, an ARN or an alias. Undefined: the key `alias/aws/s3` of the bucket's owner. */
      readonly key: string | undefined;
    }
) & {
  readonly bucketKeyEnabled: boolean;
  /** Undefined where nothing was said. */
  readonly blocksCustomerKeys?: boolean | undefined;
};

/** A key that came with a request. */
export interface CustomerKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** Of the key, in base64: how S3 names it. */
  readonly md5: string;
}

/** What a new object is to be encrypted with. */
export type ChosenEncryption =
  | { readonly kind: 'SSE-S3' }
  | {
      readonly kind: 'SSE-KMS';
      /** An id, an ARN or an alias. Undefined: the key `alias/aws/s3` of `account`. */
      readonly key: string | undefined;
      /** Whose ids and aliases `key` speaks of. */
      readonly account: string;
      /** Canonical JSON. */
      readonly context: string | undefined;
      readonly bucketKeyEnabled: boolean;
    }
  | { readonly kind: 'SSE-C'; readonly customerKey: CustomerKey };

/**
 * Whether nothing that stands on disk may tell what the plaintext is: ETags are then random, and checksums are sealed
 * ("Objects encrypted with SSE-C or SSE-KMS have ETags that are not an MD5 digest of their object data",
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
 */
export function hidesPlaintext(kind: ObjectEncryption['kind'] | undefined): boolean {
  return kind === 'SSE-KMS' || kind === 'SSE-C';
}
