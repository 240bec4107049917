import { boolean, required, withDefault } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { password, userName } from '../iam-parameters.ts';
import { loginProfileAnswer, loginProfileElement } from '../login-profile-answer.ts';
import { onSubject, refuseToWiden, subjectTags, subjectUser } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html */
export const createLoginProfile = defineIamOperation({
  name: 'CreateLoginProfile',
  input: {
    UserName: userName,
    Password: required(password),
    PasswordResetRequired: withDefault(boolean(), false),
  },
  result: element({ LoginProfile: loginProfileElement }),
  conditions: subjectTags,
  requires: onSubject('iam:CreateLoginProfile'),
  async handle({ input, principal }, services) {
    const user = await subjectUser(input, principal, services);
    await refuseToWiden(principal, { accountId: user.accountId, user }, services);
    const wanted = { password: input.Password, resetRequired: input.PasswordResetRequired };
    return { LoginProfile: loginProfileAnswer(user, await services.passwords.create(user, wanted)) };
  },
});
