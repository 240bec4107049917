import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn } from '../iam-parameters.ts';
import { versionIdParameter, versionNumber } from '../policy-answer.ts';
import { onPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
export const deletePolicyVersion = defineIamOperation({
  name: 'DeletePolicyVersion',
  input: { PolicyArn: required(policyArn), VersionId: required(versionIdParameter) },
  requires: ({ PolicyArn }) => [onPolicy('iam:DeletePolicyVersion', PolicyArn)],
  async handle({ input }, { policies }) {
    await policies.deleteVersion(input.PolicyArn, versionNumber(input.VersionId));
    return undefined;
  },
});
