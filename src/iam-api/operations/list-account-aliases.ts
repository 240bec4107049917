import { onIdentity } from '../../domain/grant.ts';
import { boolean, element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems } from '../iam-parameters.ts';

/** An account has one at most. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html */
export const listAccountAliases = defineIamOperation({
  name: 'ListAccountAliases',
  input: { Marker: marker, MaxItems: maxItems },
  result: element({ AccountAliases: element({ member: list(text()) }), IsTruncated: boolean() }),
  requires: (_input, { account }) => [onIdentity('iam:ListAccountAliases', account.accountId)],
  async handle({ principal }, { accountSettings }) {
    const alias = await accountSettings.alias(principal.account.accountId);
    return { AccountAliases: { member: alias === undefined ? [] : [alias] }, IsTruncated: false };
  },
});
