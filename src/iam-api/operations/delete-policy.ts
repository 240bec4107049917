import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn } from '../iam-parameters.ts';
import { onPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export const deletePolicy = defineIamOperation({
  name: 'DeletePolicy',
  input: { PolicyArn: required(policyArn) },
  requires: ({ PolicyArn }) => [onPolicy('iam:DeletePolicy', PolicyArn)],
  async handle({ input }, { policies }) {
    await policies.delete(input.PolicyArn);
    return undefined;
  },
});
