import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName } from '../iam-parameters.ts';
import { policyDocument } from '../policy-document-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
export const updateAssumeRolePolicy = defineIamOperation({
  name: 'UpdateAssumeRolePolicy',
  input: { RoleName: required(roleName), PolicyDocument: required(policyDocument) },
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:UpdateAssumeRolePolicy', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    await roles.changeTrustPolicy(account.accountId, input.RoleName, input.PolicyDocument);
    return undefined;
  },
});
