import { recordType } from './record-type.ts';

/** The password of a user, for the console. */
export interface LoginProfileRecord {
  readonly userId: string;
  readonly createdAt: number;
  /** An Argon2 hash in its usual text form; the password itself is stored nowhere. */
  readonly passwordHash: string;
  readonly passwordChangedAt: number;
  readonly resetRequired: boolean;
  /** Hashes of earlier passwords, newest first, as many as the password policy remembers. */
  readonly earlierHashes: readonly string[];
}

export const loginProfileRecordType = recordType<LoginProfileRecord>({
  name: 'login-profile',
  version: 1,
  migrations: [],
  toFields: (l) => [l.userId, l.createdAt, l.passwordHash, l.passwordChangedAt, l.resetRequired, l.earlierHashes],
  fromFields: (f) => ({
    userId: f[0] as string,
    createdAt: f[1] as number,
    passwordHash: f[2] as string,
    passwordChangedAt: f[3] as number,
    resetRequired: f[4] as boolean,
    earlierHashes: f[5] as string[],
  }),
});
