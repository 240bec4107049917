import { onIdentity } from '../../domain/grant.ts';
import { boolean, integer, withDefault } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';

const off = withDefault(boolean(), false);

/**
 * What is left out goes back to its default. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
 */
export const updateAccountPasswordPolicy = defineIamOperation({
  name: 'UpdateAccountPasswordPolicy',
  input: {
    MinimumPasswordLength: withDefault(integer({ min: 6, max: 128 }), 6),
    RequireSymbols: off,
    RequireNumbers: off,
    RequireUppercaseCharacters: off,
    RequireLowercaseCharacters: off,
    AllowUsersToChangePassword: off,
    MaxPasswordAge: withDefault(integer({ min: 0, max: 1095 }), 0),
    PasswordReusePrevention: withDefault(integer({ min: 0, max: 24 }), 0),
    HardExpiry: off,
  },
  requires: (_input, { account }) => [onIdentity('iam:UpdateAccountPasswordPolicy', account.accountId)],
  async handle({ input, principal }, { accountSettings }) {
    await accountSettings.setPasswordPolicy(principal.account.accountId, {
      minimumLength: input.MinimumPasswordLength,
      requireSymbols: input.RequireSymbols,
      requireNumbers: input.RequireNumbers,
      requireUppercase: input.RequireUppercaseCharacters,
      requireLowercase: input.RequireLowercaseCharacters,
      allowUsersToChange: input.AllowUsersToChangePassword,
      maximumAge: input.MaxPasswordAge,
      reusePrevention: input.PasswordReusePrevention,
      hardExpiry: input.HardExpiry,
    });
    return undefined;
  },
});
