import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, policyName } from '../iam-parameters.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html */
export const putGroupPolicy = defineIamOperation({
  name: 'PutGroupPolicy',
  input: { GroupName: required(groupName), PolicyName: required(policyName), PolicyDocument: required(policyDocument) },
  requires: ({ GroupName }, caller, services) =>
    onHolder('iam:PutGroupPolicy', caller, { holder: { kind: 'group', name: GroupName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.put(
      { kind: 'group', accountId, name: input.GroupName },
      input.PolicyName,
      input.PolicyDocument,
    );
    return undefined;
  },
});
