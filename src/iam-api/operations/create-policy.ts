import { onIdentity } from '../../domain/grant.ts';
import { policyArn } from '../../domain/identity-arn.ts';
import { required, withDefault } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { path, policyDescription, policyName, tags } from '../iam-parameters.ts';
import { policyAnswer, policyElement } from '../policy-answer.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export const createPolicy = defineIamOperation({
  name: 'CreatePolicy',
  input: {
    PolicyName: required(policyName),
    Path: path,
    PolicyDocument: required(policyDocument),
    Description: withDefault(policyDescription, ''),
    Tags: tags,
  },
  result: element({ Policy: policyElement }),
  conditions: ({ Tags }) => tagConditions(Tags),
  requires({ PolicyName, Path, Tags }, { account: { accountId } }) {
    const arn = policyArn({ accountId, path: Path, name: PolicyName });
    const create = onIdentity('iam:CreatePolicy', accountId, arn);
    return Tags.length === 0 ? [create] : [create, onIdentity('iam:TagPolicy', accountId, arn)];
  },
  async handle({ input, principal: { account } }, { policies }) {
    const policy = await policies.create({
      accountId: account.accountId,
      name: input.PolicyName,
      path: input.Path,
      description: input.Description,
      text: input.PolicyDocument,
      tags: tagsIn(input.Tags),
    });
    return { Policy: policyAnswer({ policy, counts: { attached: 0, asBoundary: 0 } }) };
  },
});
