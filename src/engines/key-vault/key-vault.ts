/** Thrown where the vault cannot be asked, or refuses: nothing is known of the key or the secret. */
export class KeyVaultUnavailableError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`the key vault cannot be used: ${reason}`, options);
    this.name = 'KeyVaultUnavailableError';
  }
}

/** Thrown where the vault has no key of that name. */
export class VaultKeyMissingError extends Error {
  constructor(name: string) {
    super(`the key vault has no key ${name}`);
    this.name = 'VaultKeyMissingError';
  }
}

/** Thrown where the key is there and does not do what is asked of it: it is of another type, or too old a version. */
export class VaultKeyUnfitError extends KeyVaultUnavailableError {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'VaultKeyUnfitError';
  }
}

/** Thrown where a secret was sealed with another key, for another context, or was altered. */
export class VaultSealError extends Error {
  constructor(options?: ErrorOptions) {
    super('a secret does not open', options);
    this.name = 'VaultSealError';
  }
}

/**
 * Keys that never leave the place where they are kept, by name. They seal short secrets and open them again. `context`
 * is bound to a secret: it opens with the same one only.
 */
export interface KeyVault {
  /** Makes the key; one that is there already stays as it is. */
  create(name: string): Promise<void>;
  /** What is sealed from now on is sealed with a new version; older versions go on to open. */
  rotate(name: string): Promise<void>;
  seal(name: string, secret: Buffer, context: Buffer): Promise<Buffer>;
  open(name: string, sealed: Buffer, context: Buffer): Promise<Buffer>;
  /** Makes what lets this server in good for longer: for how many seconds from now; undefined where it does not renew. */
  renewAccess(): Promise<number | undefined>;
}
