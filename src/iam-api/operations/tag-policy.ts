import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, tags } from '../iam-parameters.ts';
import { onPolicy } from '../policy-grants.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html */
export const tagPolicy = defineIamOperation({
  name: 'TagPolicy',
  input: { PolicyArn: required(policyArn), Tags: tags },
  conditions: ({ Tags }) => tagConditions(Tags),
  requires: ({ PolicyArn }) => [onPolicy('iam:TagPolicy', PolicyArn)],
  async handle({ input }, { policies }) {
    await policies.tag(input.PolicyArn, tagsIn(input.Tags));
    return undefined;
  },
});
