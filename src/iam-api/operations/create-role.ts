import { onIdentity } from '../../domain/grant.ts';
import { roleArn } from '../../domain/identity-arn.ts';
import { integer, required, withDefault } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { path, policyArn, roleDescription, roleName, tags } from '../iam-parameters.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { roleAnswer, roleElement } from '../role-answer.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const createRole = defineIamOperation({
  name: 'CreateRole',
  input: {
    RoleName: required(roleName),
    Path: path,
    AssumeRolePolicyDocument: required(policyDocument),
    Description: withDefault(roleDescription, ''),
    MaxSessionDuration: withDefault(integer({ min: 3600, max: 43_200 }), 3600),
    PermissionsBoundary: policyArn,
    Tags: tags,
  },
  result: element({ Role: roleElement }),
  conditions: ({ Tags, PermissionsBoundary }) => ({
    ...tagConditions(Tags),
    ...(PermissionsBoundary === undefined ? {} : { 'iam:permissionsboundary': [PermissionsBoundary] }),
  }),
  requires({ RoleName, Path, Tags }, { account: { accountId } }) {
    const arn = roleArn({ accountId, path: Path, name: RoleName });
    const create = onIdentity('iam:CreateRole', accountId, arn);
    return Tags.length === 0 ? [create] : [create, onIdentity('iam:TagRole', accountId, arn)];
  },
  async handle({ input, principal: { account } }, { roles }) {
    const role = await roles.create({
      accountId: account.accountId,
      name: input.RoleName,
      path: input.Path,
      description: input.Description,
      maximumSessionSeconds: input.MaxSessionDuration,
      trustPolicy: input.AssumeRolePolicyDocument,
      boundary: input.PermissionsBoundary,
      tags: tagsIn(input.Tags),
    });
    return { Role: roleAnswer(role) };
  },
});
