import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { loginProfileAnswer, loginProfileElement } from '../login-profile-answer.ts';
import { onSubject, subjectTags, subjectUser } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html */
export const getLoginProfile = defineIamOperation({
  name: 'GetLoginProfile',
  input: { UserName: userName },
  result: element({ LoginProfile: loginProfileElement }),
  conditions: subjectTags,
  requires: onSubject('iam:GetLoginProfile'),
  async handle({ input, principal }, services) {
    const user = await subjectUser(input, principal, services);
    return { LoginProfile: loginProfileAnswer(user, await services.passwords.require(user)) };
  },
});
