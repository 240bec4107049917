import { onIdentity } from '../../domain/grant.ts';
import { text as parameter } from '../../wire/query/parameters.ts';
import { boolean, element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems } from '../iam-parameters.ts';

/** There are none: tools ask before they delete a user. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html */
export const listVirtualMfaDevices = defineIamOperation({
  name: 'ListVirtualMFADevices',
  input: {
    AssignmentStatus: parameter({ oneOf: ['Assigned', 'Unassigned', 'Any'] }),
    Marker: marker,
    MaxItems: maxItems,
  },
  result: element({ VirtualMFADevices: element({ member: list(text()) }), IsTruncated: boolean() }),
  requires: (_input, { account }) => [onIdentity('iam:ListVirtualMFADevices', account.accountId)],
  handle: () => ({ VirtualMFADevices: { member: [] }, IsTruncated: false }),
});
