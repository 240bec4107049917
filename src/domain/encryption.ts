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
export type DefaultEncryption =
  | { readonly kind: 'SSE-S3' }
  | { readonly kind: 'SSE-KMS'; readonly keyArn: string | undefined; readonly bucketKeyEnabled: boolean };
