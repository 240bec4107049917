import type { InventoryConfiguration, InventoryField } from './inventory-configuration.ts';

/** A file of a list, as its manifest tells of it. */
export interface InventoryFile {
  readonly key: string;
  readonly size: number;
  /** In hex. */
  readonly md5: string;
}

/** A list that is being made, or is made. */
export interface InventoryRun {
  readonly sourceBucket: string;
  /** When it was begun, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly configuration: InventoryConfiguration;
}

type ColumnType = 'text' | 'boolean' | 'integer' | 'timestamp';

export interface InventoryColumn {
  /** As CSV and the manifest call it. */
  readonly name: string;
  /** As Parquet calls it. */
  readonly parquetName: string;
  readonly type: ColumnType;
}

const types: Partial<Record<InventoryField, ColumnType>> = {
  Size: 'integer',
  LastModifiedDate: 'timestamp',
  IsMultipartUploaded: 'boolean',
  ObjectLockRetainUntilDate: 'timestamp',
  LifecycleExpirationDate: 'timestamp',
};

/** The columns of a list, in their order. */
export function inventoryColumns({ versions, fields }: InventoryConfiguration): readonly InventoryColumn[] {
  const column = (name: string, type: ColumnType = 'text') => ({ name, parquetName: parquetName(name), type });
  return [
    column('Bucket'),
    column('Key'),
    ...(versions === 'All'
      ? [column('VersionId'), column('IsLatest', 'boolean'), column('IsDeleteMarker', 'boolean')]
      : []),
    ...fields.map((field) => column(field, types[field])),
  ];
}

function parquetName(name: string): string {
  return name === 'ETag' ? 'e_tag' : name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/**
 * Where the files of a list lie in the destination bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function inventoryKeys({ sourceBucket, startedAt, configuration }: InventoryRun) {
  const { destination, id } = configuration;
  const prefix = destination.prefix === undefined || destination.prefix === '' ? '' : `${destination.prefix}/`;
  const folder = `${prefix}${sourceBucket}/${id}`;
  const [year, month, day, hour, minute] = new Date(startedAt).toISOString().split(/[-T:]/);
  const moment = `${year}-${month}-${day}T${hour}-${minute}Z`;
  return {
    data: (unique: string) => `${folder}/data/${unique}.${destination.format === 'CSV' ? 'csv.gz' : 'parquet'}`,
    manifest: `${folder}/${moment}/manifest.json`,
    checksum: `${folder}/${moment}/manifest.checksum`,
    symlink: `${folder}/hive/dt=${year}-${month}-${day}-${hour}-${minute}/symlink.txt`,
  };
}

/** manifest.json. */
export function inventoryManifest(run: InventoryRun, files: readonly InventoryFile[]): string {
  const { destination } = run.configuration;
  return `${JSON.stringify(
    {
      sourceBucket: run.sourceBucket,
      destinationBucket: `arn:aws:s3:::${destination.bucket}`,
      version: '2016-11-30',
      creationTimestamp: String(run.startedAt),
      fileFormat: destination.format,
      fileSchema: fileSchema(run.configuration),
      files: files.map(({ key, size, md5 }) => ({ key, size, MD5checksum: md5 })),
    },
    undefined,
    2,
  )}\n`;
}

const parquetTypes: Readonly<Record<ColumnType, readonly [type: string, meaning: string]>> = {
  text: ['binary', ' (UTF8)'],
  boolean: ['boolean', ''],
  integer: ['int64', ''],
  timestamp: ['int64', ' (TIMESTAMP_MILLIS)'],
};

function fileSchema(configuration: InventoryConfiguration): string {
  const columns = inventoryColumns(configuration);
  if (configuration.destination.format === 'CSV') return columns.map(({ name }) => name).join(', ');
  const fields = columns.map(({ parquetName: name, type }, i) => {
    const [stored, meaning] = parquetTypes[type];
    return `${i < 2 ? 'required' : 'optional'} ${stored} ${name}${meaning};`;
  });
  return `message s3.inventory {  ${fields.join('  ')}}`;
}

/** symlink.txt: the data files, one a line, for Hive. */
export function inventorySymlink({ configuration }: InventoryRun, files: readonly InventoryFile[]): string {
  return files.map(({ key }) => `s3://${configuration.destination.bucket}/${key}\n`).join('');
}

/** A line of CSV: every field in quotes, as AWS writes them; what is not there is empty. */
export function inventoryLine(fields: readonly (string | null)[]): string {
  return `${fields.map((field) => `"${(field ?? '').replaceAll('"', '""')}"`).join(',')}\n`;
}

/** A key in CSV: percent-encoded, but for slashes. */
export function inventoryCsvKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
