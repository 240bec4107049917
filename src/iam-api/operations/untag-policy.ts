import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, tagKeys } from '../iam-parameters.ts';
import { onPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html */
export const untagPolicy = defineIamOperation({
  name: 'UntagPolicy',
  input: { PolicyArn: required(policyArn), TagKeys: tagKeys },
  conditions: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
  requires: ({ PolicyArn }) => [onPolicy('iam:UntagPolicy', PolicyArn)],
  async handle({ input }, { policies }) {
    await policies.untag(input.PolicyArn, input.TagKeys);
    return undefined;
  },
});
