import { required } from '../../wire/query/parameters.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, userName } from '../iam-parameters.ts';
import { encodedDocument } from '../policy-document-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
export const getUserPolicy = defineIamOperation({
  name: 'GetUserPolicy',
  input: { UserName: required(userName), PolicyName: required(policyName) },
  result: element({ UserName: text(), PolicyName: text(), PolicyDocument: text() }),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:GetUserPolicy', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    const document = await inlinePolicies.get({ kind: 'user', accountId, name: input.UserName }, input.PolicyName);
    return { UserName: input.UserName, PolicyName: input.PolicyName, PolicyDocument: encodedDocument(document) };
  },
});
