/** What the commands about encryption and compression do, on a data directory beside a server that may be running. */
export interface EncryptionCommands {
  createKmsKey(key: {
    /** A name or an id. */
    readonly account: string;
    readonly description?: string | undefined;
    readonly id?: string | undefined;
    readonly alias?: string | undefined;
    readonly vaultKey?: string | undefined;
  }): Promise<KmsKeySummary>;
  listKmsKeys(): AsyncIterable<KmsKeySummary>;
  rotateKmsKey(key: string): Promise<KmsKeySummary>;
  setKmsKeyEnabled(key: string, isEnabled: boolean): Promise<KmsKeySummary>;
  /** `account` is a name or an id. */
  shareKmsKey(key: string, account: string): Promise<KmsKeySummary>;
  unshareKmsKey(key: string, account: string): Promise<KmsKeySummary>;
  listMasterKeys(): Promise<readonly MasterKeySummary[]>;
  /** Answers the id of the new key. */
  rotateMasterKey(): Promise<string>;
  setCompression(bucket: string, compression: 'zstd' | undefined): Promise<void>;
  compressionOf(bucket: string): Promise<'zstd' | undefined>;
}

export interface KmsKeySummary {
  readonly id: string;
  readonly arn: string;
  readonly accountId: string;
  readonly sharedWith: readonly string[];
  readonly state: 'enabled' | 'disabled';
  /** With `alias/`. */
  readonly aliases: readonly string[];
  readonly description: string;
  /** Where its secret is: `built-in`, or the name of a key in the vault. */
  readonly material: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface MasterKeySummary {
  readonly id: string;
  /** New objects are encrypted with it. */
  readonly isActive: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** What commands use, and how they speak. */
export interface EncryptionCommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withEncryption<T>(dataDirectory: string | undefined, use: (commands: EncryptionCommands) => Promise<T>): Promise<T>;
  print(text: string): void;
}
