import { requireVersion } from '../../services/identity/policies/managed-policy-service.ts';
import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn } from '../iam-parameters.ts';
import { policyVersionAnswer, policyVersionElement, versionIdParameter, versionNumber } from '../policy-answer.ts';
import { onReadPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export const getPolicyVersion = defineIamOperation({
  name: 'GetPolicyVersion',
  input: { PolicyArn: required(policyArn), VersionId: required(versionIdParameter) },
  result: element({ PolicyVersion: policyVersionElement }),
  requires: ({ PolicyArn }, caller) => [onReadPolicy('iam:GetPolicyVersion', caller, PolicyArn)],
  async handle({ input, principal: { account } }, { policies }) {
    const { policy } = await policies.get(account.accountId, input.PolicyArn);
    const version = requireVersion(policy, versionNumber(input.VersionId));
    const document = await policies.versionText(policy, version.number);
    return { PolicyVersion: policyVersionAnswer(policy, version, document) };
  },
});
