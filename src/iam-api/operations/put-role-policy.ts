import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, roleName } from '../iam-parameters.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const putRolePolicy = defineIamOperation({
  name: 'PutRolePolicy',
  input: { RoleName: required(roleName), PolicyName: required(policyName), PolicyDocument: required(policyDocument) },
  conditions: ({ RoleName }, services, caller) => boundaryCondition(caller, { kind: 'role', name: RoleName }, services),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:PutRolePolicy', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.put({ kind: 'role', accountId, name: input.RoleName }, input.PolicyName, input.PolicyDocument);
    return undefined;
  },
});
