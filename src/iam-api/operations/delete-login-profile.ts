import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { onSubject, subjectTags, subjectUser } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html */
export const deleteLoginProfile = defineIamOperation({
  name: 'DeleteLoginProfile',
  input: { UserName: userName },
  conditions: subjectTags,
  requires: onSubject('iam:DeleteLoginProfile'),
  async handle({ input, principal }, services) {
    await services.passwords.delete(await subjectUser(input, principal, services));
    return undefined;
  },
});
