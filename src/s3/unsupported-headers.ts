import { invalidArgument, StorageError } from '../domain/errors.ts';
import type { RequestHead } from './request-head.ts';

/**
 * Headers that ask for something Cairn does not do yet, with the values that ask for nothing. To ignore them would be a
 * lie: an object believed encrypted, locked or shared would not be. The rest is answered NotImplemented.
 */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control', 'bucket-owner-read'],
  'x-amz-bucket-object-lock-enabled': ['false'],
  'x-amz-copy-source-server-side-encryption-customer-algorithm': [],
  'x-amz-grant-full-control': [],
  'x-amz-grant-read': [],
  'x-amz-grant-read-acp': [],
  'x-amz-grant-write': [],
  'x-amz-grant-write-acp': [],
  'x-amz-object-lock-legal-hold': ['OFF'],
  'x-amz-object-lock-mode': [],
  'x-amz-object-lock-retain-until-date': [],
  'x-amz-object-ownership': ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'],
  'x-amz-server-side-encryption': [],
  'x-amz-server-side-encryption-aws-kms-key-id': [],
  'x-amz-server-side-encryption-context': [],
  'x-amz-server-side-encryption-customer-algorithm': [],
  'x-amz-server-side-encryption-customer-key': [],
  'x-amz-write-offset-bytes': [],
};

const cannedAcls = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
  'log-delivery-write',
];

export function refuseUnsupportedHeaders(head: RequestHead): void {
  const acl = head.headers['x-amz-acl'];
  if (acl !== undefined && !cannedAcls.includes(acl))
    throw invalidArgument('The canned ACL is not one that S3 knows.', 'x-amz-acl', acl);
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
