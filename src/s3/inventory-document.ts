import { StorageError } from '../domain/errors.ts';
import {
  checkInventoryId,
  type InventoryConfiguration,
  type InventoryDestination,
  type InventoryField,
  inventoryFields,
} from '../domain/inventory/inventory-configuration.ts';
import { checkObjectKey } from '../domain/object-key.ts';
import { boolean, element, enumeration, type Infer, list, optional, text } from '../wire/xml/schema.ts';
import type { Field } from './fields/field.ts';

const s3BucketDestination = element({
  AccountId: optional(text()),
  Bucket: text(),
  Format: enumeration('CSV', 'ORC', 'Parquet'),
  Prefix: optional(text()),
  Encryption: optional(element({ 'SSE-S3': optional(element({})), 'SSE-KMS': optional(element({ KeyId: text() })) })),
});

/** One configuration of an inventory. */
export const inventoryConfiguration = {
  root: 'InventoryConfiguration',
  schema: element({
    Destination: element({ S3BucketDestination: s3BucketDestination }),
    IsEnabled: boolean(),
    Filter: optional(element({ Prefix: optional(text()) })),
    Id: text(),
    IncludedObjectVersions: enumeration('All', 'Current'),
    OptionalFields: optional(element({ Field: list(text()) })),
    Schedule: element({ Frequency: enumeration('Daily', 'Weekly') }),
  }),
};

type InventoryDocument = Infer<typeof inventoryConfiguration.schema>;

/** The `id` parameter. */
export const inventoryId: Field<string> = {
  name: 'id',
  read({ query }) {
    const id = query.get('id') ?? '';
    checkInventoryId(id);
    return id;
  },
};

/** Fields that AWS has and that nothing here could fill. */
const unknownHere = new Set([
  'IntelligentTieringReferenceDate',
  'ObjectLockEventHoldStatus',
  'ObjectLockEventHoldDuration',
]);

/** Throws InvalidArgument and MalformedXml for what S3 refuses, NotImplemented for what Cairn does not do. */
export function readInventory(document: InventoryDocument, id: string): InventoryConfiguration {
  if (document.Id !== id) {
    throw new StorageError('InvalidArgument', {
      message: 'The ID in the document is not the one in the query.',
      fields: { ArgumentName: 'id', ArgumentValue: document.Id },
    });
  }
  const named = document.OptionalFields?.Field ?? [];
  const unknown = named.find((field) => !inventoryFields.includes(field as InventoryField));
  if (unknown !== undefined) {
    if (!unknownHere.has(unknown)) throw new StorageError('MalformedXml');
    throw new StorageError('NotImplemented', { message: `Cairn's lists do not tell ${unknown}.` });
  }
  return {
    id,
    isEnabled: document.IsEnabled,
    versions: document.IncludedObjectVersions,
    frequency: document.Schedule.Frequency,
    filterPrefix: readPrefix(document.Filter?.Prefix),
    fields: inventoryFields.filter((field) => named.includes(field)),
    destination: readDestination(document.Destination.S3BucketDestination),
  };
}

function readPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined || prefix === '') return prefix;
  checkObjectKey(prefix);
  return prefix;
}

const bucketArn = /^arn:aws[a-z-]*:s3:::([^/]{3,63})$/;

function readDestination(document: InventoryDocument['Destination']['S3BucketDestination']): InventoryDestination {
  const bucket = bucketArn.exec(document.Bucket)?.[1];
  if (bucket === undefined) {
    throw new StorageError('InvalidInventoryDestination', {
      message: 'The destination is to be the ARN of a bucket: arn:aws:s3:::name.',
    });
  }
  if (document.Format === 'ORC') {
    throw new StorageError('NotImplemented', { message: 'Cairn makes lists in CSV and Parquet, not in ORC.' });
  }
  const encryption = document.Encryption;
  const kms = encryption?.['SSE-KMS'];
  if (encryption && (encryption['SSE-S3'] === undefined) === (kms === undefined))
    throw new StorageError('MalformedXml');
  return {
    bucket,
    accountId: document.AccountId,
    prefix: readPrefix(document.Prefix),
    format: document.Format,
    encryption: kms ? { kind: 'SSE-KMS', key: kms.KeyId } : encryption && { kind: 'SSE-S3' },
  };
}

export function showInventory({ destination, ...configuration }: InventoryConfiguration): InventoryDocument {
  const { encryption } = destination;
  return {
    Destination: {
      S3BucketDestination: {
        AccountId: destination.accountId,
        Bucket: `arn:aws:s3:::${destination.bucket}`,
        Format: destination.format,
        Prefix: destination.prefix,
        Encryption:
          encryption && (encryption.kind === 'SSE-S3' ? { 'SSE-S3': {} } : { 'SSE-KMS': { KeyId: encryption.key } }),
      },
    },
    IsEnabled: configuration.isEnabled,
    Filter: configuration.filterPrefix === undefined ? undefined : { Prefix: configuration.filterPrefix },
    Id: configuration.id,
    IncludedObjectVersions: configuration.versions,
    OptionalFields: configuration.fields.length > 0 ? { Field: configuration.fields } : undefined,
    Schedule: { Frequency: configuration.frequency },
  };
}
