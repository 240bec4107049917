import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, userName } from '../iam-parameters.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html */
export const putUserPermissionsBoundary = defineIamOperation({
  name: 'PutUserPermissionsBoundary',
  input: { UserName: required(userName), PermissionsBoundary: required(policyArn) },
  conditions: ({ PermissionsBoundary }) => ({ 'iam:permissionsboundary': [PermissionsBoundary] }),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:PutUserPermissionsBoundary', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.putBoundary({ kind: 'user', accountId, name: input.UserName }, input.PermissionsBoundary);
    return undefined;
  },
});
