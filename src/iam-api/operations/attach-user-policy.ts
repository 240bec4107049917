import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, userName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html */
export const attachUserPolicy = defineIamOperation({
  name: 'AttachUserPolicy',
  input: { UserName: required(userName), PolicyArn: required(policyArn) },
  async conditions({ UserName, PolicyArn }, services, caller) {
    const bounded = await boundaryCondition(caller, { kind: 'user', name: UserName }, services);
    return { ...bounded, 'iam:policyarn': [PolicyArn] };
  },
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:AttachUserPolicy', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.attach({ kind: 'user', accountId, name: input.UserName }, input.PolicyArn);
    return undefined;
  },
});
