import { boolean, required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { password, userName } from '../iam-parameters.ts';
import { onSubject, refuseToWiden, subjectTags, subjectUser } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html */
export const updateLoginProfile = defineIamOperation({
  name: 'UpdateLoginProfile',
  input: { UserName: required(userName), Password: password, PasswordResetRequired: boolean() },
  conditions: subjectTags,
  requires: onSubject('iam:UpdateLoginProfile'),
  async handle({ input, principal }, services) {
    const user = await subjectUser(input, principal, services);
    await refuseToWiden(principal, { accountId: user.accountId, user }, services);
    await services.passwords.update(user, {
      ...(input.Password === undefined ? {} : { password: input.Password }),
      ...(input.PasswordResetRequired === undefined ? {} : { resetRequired: input.PasswordResetRequired }),
    });
    return undefined;
  },
});
