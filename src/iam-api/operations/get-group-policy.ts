import { required } from '../../wire/query/parameters.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, policyName } from '../iam-parameters.ts';
import { encodedDocument } from '../policy-document-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroupPolicy.html */
export const getGroupPolicy = defineIamOperation({
  name: 'GetGroupPolicy',
  input: { GroupName: required(groupName), PolicyName: required(policyName) },
  result: element({ GroupName: text(), PolicyName: text(), PolicyDocument: text() }),
  requires: ({ GroupName }, caller, services) =>
    onHolder('iam:GetGroupPolicy', caller, { holder: { kind: 'group', name: GroupName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    const document = await inlinePolicies.get({ kind: 'group', accountId, name: input.GroupName }, input.PolicyName);
    return { GroupName: input.GroupName, PolicyName: input.PolicyName, PolicyDocument: encodedDocument(document) };
  },
});
