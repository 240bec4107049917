/** What the account and key commands do, on a data directory beside a server that may be running. */
export interface IdentityCommands {
  createAccount(account: {
    name: string;
    accountId?: string;
    canonicalId?: string;
    email?: string;
  }): Promise<AccountSummary>;
  listAccounts(): AsyncIterable<AccountSummary>;
  /** `account` is a name or an id. */
  /** Refused while the account owns buckets; its keys go with it. */
  deleteAccount(account: string): Promise<void>;
  /** For the root of the account, or for one of its users: then the key is drawn. */
  createKey(request: {
    account: string;
    user?: string;
    accessKeyId?: string;
    secretAccessKey?: string;
  }): Promise<CreatedKey>;
  listKeys(account: string): AsyncIterable<KeySummary>;
  setKeyStatus(accessKeyId: string, status: KeySummary['status']): Promise<void>;
  deleteKey(accessKeyId: string): Promise<void>;
}

export interface AccountSummary {
  readonly accountId: string;
  readonly canonicalId: string;
  readonly displayName: string;
  readonly email: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface KeySummary {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly status: 'active' | 'inactive';
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The only time that the secret is told. */
export interface CreatedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly accountId: string;
}

/** What commands use, and how they speak. */
export interface CommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withIdentity<T>(dataDirectory: string | undefined, use: (identity: IdentityCommands) => Promise<T>): Promise<T>;
  print(text: string): void;
}
