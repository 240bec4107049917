import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, policyName } from '../iam-parameters.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroupPolicy.html */
export const deleteGroupPolicy = defineIamOperation({
  name: 'DeleteGroupPolicy',
  input: { GroupName: required(groupName), PolicyName: required(policyName) },
  requires: ({ GroupName }, caller, services) =>
    onHolder('iam:DeleteGroupPolicy', caller, { holder: { kind: 'group', name: GroupName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.delete({ kind: 'group', accountId, name: input.GroupName }, input.PolicyName);
    return undefined;
  },
});
