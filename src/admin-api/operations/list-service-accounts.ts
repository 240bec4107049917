import { element, list } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import {
  onServiceAccountsOf,
  ownerNamed,
  serviceAccountAnswer,
  serviceAccountElement,
  userName,
} from '../service-accounts.ts';

/** Of one user, by default the caller: all of them, a hundred at most. */
export const listServiceAccounts = defineAdminOperation({
  name: 'ListServiceAccounts',
  input: { UserName: userName },
  result: element({ ServiceAccounts: element({ member: list(serviceAccountElement) }) }),
  requires: onServiceAccountsOf('cairn:ListServiceAccounts'),
  async handle({ input, principal }, services) {
    const owner = await ownerNamed(input, principal, services);
    const keys = await services.serviceAccounts.list(owner);
    return { ServiceAccounts: { member: keys.map((key) => serviceAccountAnswer(key, owner.user)) } };
  },
});
