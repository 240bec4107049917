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
  createKey(request: { account: string; accessKey?: string; secretKey?: string }): Promise<CreatedKey>;
  listKeys(account: string): AsyncIterable<KeySummary>;
  setKeyStatus(accessKey: string, status: KeySummary['status']): Promise<void>;
  deleteKey(accessKey: string): Promise<void>;
}

export interface AccountSummary {
  readonly name: string;
  readonly accountId: string;
  readonly canonicalId: string;
  readonly email: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface KeySummary {
  readonly accessKey: string;
  readonly accountId: string;
  readonly status: 'active' | 'inactive';
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The only time that the secret is told. */
export interface CreatedKey {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly accountId: string;
}

/** What commands use, and how they speak. */
export interface CommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withIdentity<T>(dataDirectory: string | undefined, use: (identity: IdentityCommands) => Promise<T>): Promise<T>;
  print(text: string): void;
}
