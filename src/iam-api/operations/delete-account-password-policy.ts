import { onIdentity } from '../../domain/grant.ts';
import { defineIamOperation } from '../iam-operation.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountPasswordPolicy.html */
export const deleteAccountPasswordPolicy = defineIamOperation({
  name: 'DeleteAccountPasswordPolicy',
  input: {},
  requires: (_input, { account }) => [onIdentity('iam:DeleteAccountPasswordPolicy', account.accountId)],
  async handle({ principal }, { accountSettings }) {
    await accountSettings.deletePasswordPolicy(principal.account.accountId);
    return undefined;
  },
});
