import { StorageError } from './errors.ts';

/** The longest object key, in bytes of its UTF-8 form. */
export const maximumKeyBytes = 1024;

/**
 * Throws unless `key` may name an object: KeyTooLong for more than 1,024 bytes, InvalidUri for lone surrogates (which no
 * UTF-8 request can spell), InvalidArgument for the empty key.
 */
export function checkObjectKey(key: string): void {
  if (key === '') {
    throw new StorageError('InvalidArgument', {
      message: 'Object key must not be empty.',
      fields: { ArgumentName: 'key', ArgumentValue: '' },
    });
  }
  if (!key.isWellFormed()) throw new StorageError('InvalidUri', { message: 'The object key is not valid UTF-8.' });
  // A string of n units has between n and 3n bytes: most keys need no counting.
  if (key.length * 3 <= maximumKeyBytes) return;
  const size = Buffer.byteLength(key);
  if (size > maximumKeyBytes) {
    throw new StorageError('KeyTooLong', { fields: { Size: size, MaxSizeAllowed: maximumKeyBytes } });
  }
}
