import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn } from '../iam-parameters.ts';
import { policyAnswer, policyElement } from '../policy-answer.ts';
import { onReadPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export const getPolicy = defineIamOperation({
  name: 'GetPolicy',
  input: { PolicyArn: required(policyArn) },
  result: element({ Policy: policyElement }),
  requires: ({ PolicyArn }, caller) => [onReadPolicy('iam:GetPolicy', caller, PolicyArn)],
  async handle({ input, principal: { account } }, { policies }) {
    return { Policy: policyAnswer(await policies.get(account.accountId, input.PolicyArn)) };
  },
});
