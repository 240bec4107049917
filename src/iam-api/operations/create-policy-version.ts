import { boolean, required, withDefault } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn } from '../iam-parameters.ts';
import { policyVersionAnswer, policyVersionElement } from '../policy-answer.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { onPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export const createPolicyVersion = defineIamOperation({
  name: 'CreatePolicyVersion',
  input: {
    PolicyArn: required(policyArn),
    PolicyDocument: required(policyDocument),
    SetAsDefault: withDefault(boolean(), false),
  },
  result: element({ PolicyVersion: policyVersionElement }),
  requires: ({ PolicyArn }) => [onPolicy('iam:CreatePolicyVersion', PolicyArn)],
  async handle({ input }, { policies }) {
    const version = { text: input.PolicyDocument, becomesDefault: input.SetAsDefault };
    const policy = await policies.createVersion(input.PolicyArn, version);
    return { PolicyVersion: policyVersionAnswer(policy, policy.versions.at(-1)!) };
  },
});
