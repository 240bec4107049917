import type { DefaultEncryption } from '../domain/encryption.ts';
import { invalidArgument, StorageError } from '../domain/errors.ts';
import { boolean, element, type Infer, list, optional, text } from '../wire/xml/schema.ts';

/** How a bucket encrypts, given and taken. */
export const encryptionConfiguration = {
  root: 'ServerSideEncryptionConfiguration',
  schema: element({
    Rule: list(
      element({
        ApplyServerSideEncryptionByDefault: optional(
          element({ SSEAlgorithm: text(), KMSMasterKeyID: optional(text({ maxLength: 2048 })) }),
        ),
        BucketKeyEnabled: optional(boolean()),
        BlockedEncryptionTypes: optional(element({ EncryptionType: list(text()) })),
      }),
      { min: 1, max: 1 },
    ),
  }),
};

type EncryptionConfiguration = Infer<(typeof encryptionConfiguration)['schema']>;

/** Throws InvalidArgument, MalformedXml, and NotImplemented for two layers. */
export function defaultEncryptionIn({ Rule: [rule] }: EncryptionConfiguration): DefaultEncryption {
  const standard = rule?.ApplyServerSideEncryptionByDefault;
  const shared = {
    bucketKeyEnabled: rule?.BucketKeyEnabled ?? false,
    ...blockedTypes(rule?.BlockedEncryptionTypes?.EncryptionType),
  };
  const key = standard?.KMSMasterKeyID;
  switch (standard?.SSEAlgorithm) {
    case undefined:
    case 'AES256':
      if (key === undefined) return { kind: 'SSE-S3', ...shared };
      throw invalidArgument(
        'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
        'ApplyServerSideEncryptionByDefault',
        standard?.SSEAlgorithm ?? '',
      );
    case 'aws:kms':
      return { kind: 'SSE-KMS', key: key || undefined, ...shared };
    case 'aws:kms:dsse':
      throw new StorageError('NotImplemented', { message: 'Cairn does not implement encryption in two layers.' });
    default:
      throw new StorageError('MalformedXml');
  }
}

function blockedTypes(types: readonly string[] | undefined): Pick<DefaultEncryption, 'blocksCustomerKeys'> {
  if (types === undefined) return {};
  const isKnown = types.every((type) => type === 'SSE-C' || type === 'NONE');
  if (!isKnown || types.length !== 1) throw new StorageError('MalformedXml');
  return { blocksCustomerKeys: types[0] === 'SSE-C' };
}

export function encryptionConfigurationOf(encryption: DefaultEncryption): EncryptionConfiguration {
  const { bucketKeyEnabled, blocksCustomerKeys } = encryption;
  return {
    Rule: [
      {
        ApplyServerSideEncryptionByDefault:
          encryption.kind === 'SSE-S3'
            ? { SSEAlgorithm: 'AES256', KMSMasterKeyID: undefined }
            : { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: encryption.key },
        BucketKeyEnabled: bucketKeyEnabled,
        BlockedEncryptionTypes:
          blocksCustomerKeys === undefined ? undefined : { EncryptionType: [blocksCustomerKeys ? 'SSE-C' : 'NONE'] },
      },
    ],
  };
}
