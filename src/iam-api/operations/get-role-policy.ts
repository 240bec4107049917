import { required } from '../../wire/query/parameters.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, roleName } from '../iam-parameters.ts';
import { encodedDocument } from '../policy-document-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export const getRolePolicy = defineIamOperation({
  name: 'GetRolePolicy',
  input: { RoleName: required(roleName), PolicyName: required(policyName) },
  result: element({ RoleName: text(), PolicyName: text(), PolicyDocument: text() }),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:GetRolePolicy', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    const document = await inlinePolicies.get({ kind: 'role', accountId, name: input.RoleName }, input.PolicyName);
    return { RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument: encodedDocument(document) };
  },
});
