import { onIdentity } from '../../domain/grant.ts';
import { noPasswordPolicy } from '../../services/identity/account/account-settings-service.ts';
import { boolean, element, integer, optional } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html */
export const getAccountPasswordPolicy = defineIamOperation({
  name: 'GetAccountPasswordPolicy',
  input: {},
  result: element({
    PasswordPolicy: element({
      MinimumPasswordLength: integer(),
      RequireSymbols: boolean(),
      RequireNumbers: boolean(),
      RequireUppercaseCharacters: boolean(),
      RequireLowercaseCharacters: boolean(),
      AllowUsersToChangePassword: boolean(),
      ExpirePasswords: boolean(),
      MaxPasswordAge: optional(integer()),
      PasswordReusePrevention: optional(integer()),
      HardExpiry: boolean(),
    }),
  }),
  requires: (_input, { account }) => [onIdentity('iam:GetAccountPasswordPolicy', account.accountId)],
  async handle({ principal }, { accountSettings }) {
    const { accountId } = principal.account;
    const policy = await accountSettings.passwordPolicy(accountId);
    if (!policy) throw noPasswordPolicy(accountId);
    return {
      PasswordPolicy: {
        MinimumPasswordLength: policy.minimumLength,
        RequireSymbols: policy.requireSymbols,
        RequireNumbers: policy.requireNumbers,
        RequireUppercaseCharacters: policy.requireUppercase,
        RequireLowercaseCharacters: policy.requireLowercase,
        AllowUsersToChangePassword: policy.allowUsersToChange,
        ExpirePasswords: policy.maximumAge > 0,
        ...(policy.maximumAge > 0 ? { MaxPasswordAge: policy.maximumAge } : {}),
        ...(policy.reusePrevention > 0 ? { PasswordReusePrevention: policy.reusePrevention } : {}),
        HardExpiry: policy.hardExpiry,
      },
    };
  },
});
