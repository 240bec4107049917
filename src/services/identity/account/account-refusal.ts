import { type IdentityErrorKind, StorageError } from '../../../domain/errors.ts';

/**
 * For what comes by the API, where AWS tells apart what commands call an invalid request: the failures of accounts are
 * told by what they are, and any other as it is.
 */
export async function inWordsOfIdentity<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof AccountRefusal)) throw error;
    throw new StorageError(error.identityKind, { message: error.message });
  }
}

/** An InvalidRequest for commands. */
export class AccountRefusal extends StorageError {
  readonly identityKind: IdentityErrorKind;
  constructor(identityKind: IdentityErrorKind, message: string) {
    super('InvalidRequest', { message });
    this.identityKind = identityKind;
  }
}

export function unchangeable(what: string): StorageError {
  return new AccountRefusal('UnmodifiableEntity', `The system account cannot be ${what}.`);
}

export function noSuchAccount(nameOrId: string): StorageError {
  return new AccountRefusal('NoSuchEntity', `There is no account ${nameOrId}.`);
}

export function taken(what: string): StorageError {
  return new AccountRefusal('EntityAlreadyExists', `The ${what} is taken already.`);
}
