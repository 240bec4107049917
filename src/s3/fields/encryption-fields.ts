import { createHash } from 'node:crypto';
import type { CustomerKey } from '../../domain/encryption.ts';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import type { Field } from './field.ts';

const prefix = 'x-amz-server-side-encryption';

/** The headers of a key of the customer's, as they came. */
export interface CustomerKeyHeaders {
  readonly algorithm: string | undefined;
  readonly key: string | undefined;
  readonly md5: string | undefined;
  readonly secure: boolean;
}

/** What the headers of a write say about encryption, as they came: what they are worth is told behind the gate. */
export interface EncryptionHeaders {
  readonly algorithm: string | undefined;
  readonly keyId: string | undefined;
  readonly context: string | undefined;
  readonly bucketKey: string | undefined;
  readonly customer: CustomerKeyHeaders | undefined;
}

/** Of a new object. Undefined where nothing is said, as in nearly every request. */
export const encryptionHeaders: Field<EncryptionHeaders | undefined> = {
  name: prefix,
  read(head) {
    const customer = customerKeyHeaders.read(head);
    const said = serverEncryption(head);
    if (said === undefined && customer === undefined) return undefined;
    return { ...(said ?? nothingSaid), customer };
  },
};

const nothingSaid = { algorithm: undefined, keyId: undefined, context: undefined, bucketKey: undefined };

function serverEncryption({ headers }: RequestHead): Omit<EncryptionHeaders, 'customer'> | undefined {
  const algorithm = headers['x-amz-server-side-encryption'];
  const keyId = headers['x-amz-server-side-encryption-aws-kms-key-id'];
  const context = headers['x-amz-server-side-encryption-context'];
  const bucketKey = headers['x-amz-server-side-encryption-bucket-key-enabled'];
  if (algorithm === undefined && keyId === undefined && context === undefined && bucketKey === undefined) {
    return undefined;
  }
  return { algorithm, keyId, context, bucketKey };
}

function customerKey(before: 'x-amz-' | 'x-amz-copy-source-'): Field<CustomerKeyHeaders | undefined> {
  const names = {
    algorithm: `${before}server-side-encryption-customer-algorithm`,
    key: `${before}server-side-encryption-customer-key`,
    md5: `${before}server-side-encryption-customer-key-md5`,
  };
  return {
    name: names.key,
    read({ headers, secure }) {
      const algorithm = headers[names.algorithm];
      const key = headers[names.key];
      const md5 = headers[names.md5];
      if (algorithm === undefined && key === undefined && md5 === undefined) return undefined;
      return { algorithm, key, md5, secure };
    },
  };
}

/** Of the object that is read or written. */
export const customerKeyHeaders = customerKey('x-amz-');
/** Of the source of a copy. */
export const copySourceKeyHeaders = customerKey('x-amz-copy-source-');

/**
 * The same, for requests where S3 refuses to be told how to encrypt: an object is read as it is encrypted, a part is
 * encrypted as its upload.
 */
export const readerKeyHeaders: Field<CustomerKeyHeaders | undefined> = {
  name: customerKeyHeaders.name,
  read(head) {
    const said = serverEncryption(head);
    if (said !== undefined) {
      const name = said.algorithm === undefined ? `${prefix}-aws-kms-key-id` : prefix;
      throw invalidArgument(`${name} header is not supported for this operation.`, name, said.algorithm ?? '');
    }
    return customerKeyHeaders.read(head);
  },
};

/** Throws InvalidArgument, InvalidEncryptionAlgorithm, and InvalidRequest for a key that anybody may have listened to. */
export function customerKeyIn(
  { algorithm, key, md5, secure }: CustomerKeyHeaders,
  { overHttp }: { readonly overHttp: boolean },
): CustomerKey {
  if (!secure && !overHttp) {
    throw new StorageError('InvalidRequest', {
      message:
        'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.',
    });
  }
  if (!algorithm) throw incomplete('a valid encryption algorithm', 'algorithm');
  if (algorithm !== 'AES256') throw new StorageError('InvalidEncryptionAlgorithm');
  if (!key) throw incomplete('an appropriate secret key', 'key');
  if (!md5) throw incomplete('the client calculated MD5 of the secret key', 'key-MD5');
  // What is no base64 has another length, or another MD5.
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== 32) {
    throw argument('The secret key was invalid for the specified algorithm.', 'key');
  }
  if (createHash('md5').update(bytes).digest('base64') !== md5) {
    throw argument('The calculated MD5 hash of the key did not match the hash that was provided.', 'key-MD5');
  }
  return { key: bytes, md5 };
}

function incomplete(what: string, header: string): StorageError {
  return argument(
    `Requests specifying Server Side Encryption with Customer provided keys must provide ${what}.`,
    header,
  );
}

/** What was sent stays untold: it may be a key. */
function argument(message: string, header: string): StorageError {
  return invalidArgument(message, `${prefix}-customer-${header}`, 'null');
}
