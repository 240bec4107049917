import { StorageError } from '../domain/errors.ts';
import type { RequestHead } from './request-head.ts';

/**
 * Headers that ask for something Cairn does not do yet, with the values that ask for nothing. To ignore them would be a
 * lie: an object believed encrypted or locked would not be. The rest is answered NotImplemented.
 */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  'x-amz-bucket-object-lock-enabled': ['false'],
  'x-amz-copy-source-server-side-encryption-customer-algorithm': [],
  'x-amz-object-lock-legal-hold': ['OFF'],
  'x-amz-object-lock-mode': [],
  'x-amz-object-lock-retain-until-date': [],
  'x-amz-server-side-encryption': [],
  'x-amz-server-side-encryption-aws-kms-key-id': [],
  'x-amz-server-side-encryption-context': [],
  'x-amz-server-side-encryption-customer-algorithm': [],
  'x-amz-server-side-encryption-customer-key': [],
  'x-amz-write-offset-bytes': [],
};

export function refuseUnsupportedHeaders(head: RequestHead): void {
  for (const name in head.headers) {
    if (!name.startsWith('x-amz-')) continue;
    const harmless = unsupported[name];
    if (harmless === undefined || harmless.includes(head.headers[name]!)) continue;
    throw new StorageError('NotImplemented', {
      message: `Cairn does not implement what the header ${name} asks for.`,
      fields: { Header: name },
    });
  }
}
