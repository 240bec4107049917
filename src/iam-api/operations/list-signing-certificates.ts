import { boolean, element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** There are none: tools ask before they delete a user. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html */
export const listSigningCertificates = defineIamOperation({
  name: 'ListSigningCertificates',
  input: { UserName: userName, Marker: marker, MaxItems: maxItems },
  result: element({ Certificates: element({ member: list(text()) }), IsTruncated: boolean() }),
  conditions: subjectTags,
  requires: onSubject('iam:ListSigningCertificates'),
  async handle({ input, principal }, services) {
    await subjectOwner(input, principal, services);
    return { Certificates: { member: [] }, IsTruncated: false };
  },
});
