import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import type { UserPrincipal } from '../../domain/principal.ts';
import type { Access } from '../../services/authorization/access.ts';
import type { IdentityServices } from '../../services/identity/identity-services.ts';
import { usersMayChangeTheirPasswords } from '../../services/identity/passwords/own-passwords.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { password } from '../iam-parameters.ts';

/**
 * Of the caller, who has to be a user, by a right of its own or by the account's password policy.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html
 */
export const changePassword = defineIamOperation({
  name: 'ChangePassword',
  input: { OldPassword: required(password), NewPassword: required(password) },
  openTo: 'signed',
  async handle({ input, principal, access, head }, services) {
    if (principal.kind !== 'user') {
      throw new StorageError('InvalidUserType', { message: 'Only users can change their password.' });
    }
    await requireRight(principal, access, services);
    const user = await services.users.get(principal.account.accountId, principal.userName);
    await services.passwords.change(user, {
      oldPassword: input.OldPassword,
      newPassword: input.NewPassword,
      address: head.clientAddress,
    });
    return undefined;
  },
});

/** Throws AccessDenied. */
async function requireRight(
  { account: { accountId }, arn }: UserPrincipal,
  access: Access,
  { accountSettings, authorization }: IdentityServices,
): Promise<void> {
  const action = 'iam:ChangePassword';
  if ((await accountSettings.passwordPolicy(accountId))?.allowUsersToChange) {
    const policy = usersMayChangeTheirPasswords;
    const verdict = authorization.weighByPolicy(access.request, { action, arn, owner: accountId, policy });
    if (verdict.allowed) return;
  }
  await access.require(onIdentity(action, accountId, arn));
}
