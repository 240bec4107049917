import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, policyArn } from '../iam-parameters.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachGroupPolicy.html */
export const attachGroupPolicy = defineIamOperation({
  name: 'AttachGroupPolicy',
  input: { GroupName: required(groupName), PolicyArn: required(policyArn) },
  conditions: ({ PolicyArn }) => ({ 'iam:policyarn': [PolicyArn] }),
  requires: ({ GroupName }, caller, services) =>
    onHolder('iam:AttachGroupPolicy', caller, { holder: { kind: 'group', name: GroupName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.attach({ kind: 'group', accountId, name: input.GroupName }, input.PolicyArn);
    return undefined;
  },
});
