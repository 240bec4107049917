import { boolean, element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** There are none: tools ask before they delete a user. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html */
export const listMfaDevices = defineIamOperation({
  name: 'ListMFADevices',
  input: { UserName: userName, Marker: marker, MaxItems: maxItems },
  result: element({ MFADevices: element({ member: list(text()) }), IsTruncated: boolean() }),
  conditions: subjectTags,
  requires: onSubject('iam:ListMFADevices'),
  async handle({ input, principal }, services) {
    await subjectOwner(input, principal, services);
    return { MFADevices: { member: [] }, IsTruncated: false };
  },
});
