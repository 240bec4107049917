import type {
  InventoryConfiguration,
  InventoryField,
  InventoryFormat,
  InventoryFrequency,
} from '../domain/inventory/inventory-configuration.ts';
import { bucketSetting } from './bucket-setting.ts';

/** Which lists of its objects a bucket makes, by their ids in byte order. Never empty. */
export const inventorySetting = bucketSetting<readonly InventoryConfiguration[]>({
  name: 'inventory',
  version: 1,
  migrations: [],
  toFields: (list) => [list.map(packInventory)],
  fromFields: ([list]) => (list as unknown[][]).map(unpackInventory),
});

function packInventory({ destination, ...c }: InventoryConfiguration): readonly unknown[] {
  const { encryption } = destination;
  return [
    c.id,
    c.isEnabled,
    c.versions,
    c.frequency,
    c.filterPrefix ?? null,
    c.fields,
    destination.bucket,
    destination.accountId ?? null,
    destination.prefix ?? null,
    destination.format,
    encryption === undefined ? null : encryption.kind === 'SSE-S3' ? '' : encryption.key,
    destination.ownerAccountId ?? null,
  ];
}

function unpackInventory(f: readonly unknown[]): InventoryConfiguration {
  const key = f[10] as string | null;
  return {
    id: f[0] as string,
    isEnabled: f[1] as boolean,
    versions: f[2] as InventoryConfiguration['versions'],
    frequency: f[3] as InventoryFrequency,
    filterPrefix: (f[4] as string | null) ?? undefined,
    fields: f[5] as InventoryField[],
    destination: {
      bucket: f[6] as string,
      accountId: (f[7] as string | null) ?? undefined,
      prefix: (f[8] as string | null) ?? undefined,
      format: f[9] as InventoryFormat,
      encryption: key === null ? undefined : key === '' ? { kind: 'SSE-S3' } : { kind: 'SSE-KMS', key },
      ownerAccountId: (f[11] as string | null | undefined) ?? undefined,
    },
  };
}
