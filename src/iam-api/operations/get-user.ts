import { arnOfPrincipal } from '../../domain/principal.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { onSubject, ownName, subjectTags } from '../subject-user.ts';
import { userAnswer, userElement } from '../user-answer.ts';

/**
 * Without a name it is about the caller: the root, too, gets an answer then, with its account's number as its id.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
 */
export const getUser = defineIamOperation({
  name: 'GetUser',
  input: { UserName: userName },
  result: element({ User: userElement }),
  conditions: subjectTags,
  requires: onSubject('iam:GetUser'),
  async handle({ input, principal }, { users, identity, passwords }) {
    const { accountId, displayName } = principal.account;
    const name = input.UserName ?? ownName(principal);
    if (name !== undefined) {
      const user = await users.get(accountId, name);
      return { User: userAnswer(user, await passwords.lastUsed(user)) };
    }
    const account = await identity.resolveAccount(accountId);
    const CreateDate = account.createdAt;
    return {
      User: { Path: '/', UserName: displayName, UserId: accountId, Arn: arnOfPrincipal(principal), CreateDate },
    };
  },
});
