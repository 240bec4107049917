import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, roleName } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html */
export const listInstanceProfilesForRole = defineIamOperation({
  name: 'ListInstanceProfilesForRole',
  input: { RoleName: required(roleName), Marker: marker, MaxItems: maxItems },
  result: element({ InstanceProfiles: element({ member: list(text()) }), IsTruncated: boolean() }),
  missing: 'there are no instance profiles: the list is empty',
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:ListInstanceProfilesForRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    await roles.get(account.accountId, input.RoleName);
    return { InstanceProfiles: { member: [] }, IsTruncated: false };
  },
});
