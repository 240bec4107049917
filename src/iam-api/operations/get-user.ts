import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { arnOfPrincipal, type SignedPrincipal } from '../../domain/principal.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { userAnswer, userElement } from '../user-answer.ts';

/**
 * Without a name it is about the caller: the root, too, gets an answer then, with its account's number as its id.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
 */
export const getUser = defineIamOperation({
  name: 'GetUser',
  input: { UserName: userName },
  result: element({ User: userElement }),
  async requires({ UserName }, caller, { users }) {
    const { accountId } = caller.account;
    const name = UserName ?? ownName(caller);
    const arn = name === undefined ? arnOfPrincipal(caller) : await users.arn(accountId, name);
    return [onIdentity('iam:GetUser', accountId, arn)];
  },
  async handle({ input, principal }, { users, identity }) {
    const { accountId, displayName } = principal.account;
    const name = input.UserName ?? ownName(principal);
    if (name !== undefined) return { User: userAnswer(await users.get(accountId, name)) };
    const account = await identity.resolveAccount(accountId);
    const CreateDate = account.createdAt;
    return {
      User: { Path: '/', UserName: displayName, UserId: accountId, Arn: arnOfPrincipal(principal), CreateDate },
    };
  },
});

/** Undefined for the root. Throws ValidationError for those who are no user. */
function ownName(caller: SignedPrincipal): string | undefined {
  if (caller.kind === 'account') return undefined;
  if (caller.kind === 'user') return caller.userName;
  throw new StorageError('ValidationError', {
    message: 'Must specify userName when calling with non-User credentials',
  });
}
