import { element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { onSubject, subjectOwner, subjectTags } from '../subject-user.ts';

/** There are none: tools ask before they delete a user. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html */
export const listServiceSpecificCredentials = defineIamOperation({
  name: 'ListServiceSpecificCredentials',
  input: { UserName: userName },
  result: element({ ServiceSpecificCredentials: element({ member: list(text()) }) }),
  conditions: subjectTags,
  requires: onSubject('iam:ListServiceSpecificCredentials'),
  async handle({ input, principal }, services) {
    await subjectOwner(input, principal, services);
    return { ServiceSpecificCredentials: { member: [] } };
  },
});
