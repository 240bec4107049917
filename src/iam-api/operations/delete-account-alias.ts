import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { accountAlias } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html */
export const deleteAccountAlias = defineIamOperation({
  name: 'DeleteAccountAlias',
  input: { AccountAlias: required(accountAlias) },
  requires: (_input, { account }) => [onIdentity('iam:DeleteAccountAlias', account.accountId)],
  async handle({ input, principal }, { accountSettings }) {
    await accountSettings.deleteAlias(principal.account.accountId, input.AccountAlias);
    return undefined;
  },
});
