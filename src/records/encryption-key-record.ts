import { recordType } from './record-type.ts';

/** A key of the server's own, which data keys of SSE-S3 are sealed with. It is itself sealed under the server's secret. */
export interface MasterKeyRecord {
  /** 16 hex digits. */
  readonly id: string;
  readonly createdAt: number;
  readonly sealedKey: Buffer;
}

export const masterKeyRecordType = recordType<MasterKeyRecord>({
  name: 'master-key',
  version: 1,
  migrations: [],
  toFields: (k) => [k.id, k.createdAt, k.sealedKey],
  fromFields: ([id, createdAt, sealedKey]) => ({
    id: id as string,
    createdAt: createdAt as number,
    sealedKey: sealedKey as Buffer,
  }),
});

/** How far the data keys of a store are sealed with one master key. */
export interface KeyRewrapRecord {
  /** The one that they get. */
  readonly masterKeyId: string;
  readonly table: 'current' | 'noncurrent' | 'upload' | 'annotation';
  /** The last entry that was seen to. */
  readonly after: Buffer | undefined;
  readonly isFinished: boolean;
}

export const keyRewrapRecordType = recordType<KeyRewrapRecord>({
  name: 'key-rewrap',
  version: 1,
  migrations: [],
  toFields: (r) => [r.masterKeyId, r.table, r.after ?? null, r.isFinished],
  fromFields: ([masterKeyId, table, after, isFinished]) => ({
    masterKeyId: masterKeyId as string,
    table: table as KeyRewrapRecord['table'],
    after: (after as Buffer | null) ?? undefined,
    isFinished: isFinished as boolean,
  }),
});

/** A key of the key management, as SSE-KMS names it. */
export interface KmsKeyRecord {
  /** The end of its ARN. */
  readonly id: string;
  /** Whose key it is, and who may use it beside those that it is shared with. */
  readonly accountId: string;
  readonly sharedWith: readonly string[];
  readonly createdAt: number;
  readonly isEnabled: boolean;
  readonly description: string;
  /** What is behind it: the newest of several secrets of the server's own comes last, or a key by its name elsewhere. */
  readonly material:
    | { readonly kind: 'built-in'; readonly sealedKeys: readonly Buffer[] }
    | { readonly kind: 'transit'; readonly name: string };
  /** Without `alias/`. */
  readonly aliases: readonly string[];
}

export const kmsKeyRecordType = recordType<KmsKeyRecord>({
  name: 'kms-key',
  version: 1,
  migrations: [],
  toFields: (k) => [
    k.id,
    k.accountId,
    k.sharedWith,
    k.createdAt,
    k.isEnabled,
    k.description,
    k.material.kind === 'built-in' ? k.material.sealedKeys : k.material.name,
    k.aliases,
  ],
  fromFields: ([id, accountId, sharedWith, createdAt, isEnabled, description, material, aliases]) => ({
    id: id as string,
    accountId: accountId as string,
    sharedWith: sharedWith as string[],
    createdAt: createdAt as number,
    isEnabled: isEnabled as boolean,
    description: description as string,
    material:
      typeof material === 'string'
        ? { kind: 'transit', name: material }
        : { kind: 'built-in', sealedKeys: material as Buffer[] },
    aliases: aliases as string[],
  }),
});
