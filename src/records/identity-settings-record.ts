import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';

/** What of an account only IAM asks for. No record is the same as one without fields. */
export interface IdentitySettingsRecord {
  readonly passwordPolicy?: PasswordPolicyFields | undefined;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html */
export interface PasswordPolicyFields {
  readonly minimumLength: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
  readonly allowUsersToChange: boolean;
  /** In days; 0: passwords stay valid. */
  readonly maximumAge: number;
  /** How many earlier passwords may not be taken again. */
  readonly reusePrevention: number;
  readonly hardExpiry: boolean;
}

const fields = sparseFields<IdentitySettingsRecord>({ passwordPolicy: asIs<PasswordPolicyFields>(0) });

export const identitySettingsRecordType = recordType<IdentitySettingsRecord>({
  name: 'identity-settings',
  version: 1,
  migrations: [],
  toFields: (settings) => [fields.pack(settings)],
  fromFields: (f) => ({ ...fields.unpack(f[0]) }),
});
