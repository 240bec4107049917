import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, roleName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export const detachRolePolicy = defineIamOperation({
  name: 'DetachRolePolicy',
  input: { RoleName: required(roleName), PolicyArn: required(policyArn) },
  async conditions({ RoleName, PolicyArn }, services, caller) {
    const bounded = await boundaryCondition(caller, { kind: 'role', name: RoleName }, services);
    return { ...bounded, 'iam:policyarn': [PolicyArn] };
  },
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:DetachRolePolicy', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.detach({ kind: 'role', accountId, name: input.RoleName }, input.PolicyArn);
    return undefined;
  },
});
