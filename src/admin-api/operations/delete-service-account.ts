import { required } from '../../wire/query/parameters.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { accessKeyId, onServiceAccount, serviceAccountNamed } from '../service-accounts.ts';

/** It works no longer with the next request. */
export const deleteServiceAccount = defineAdminOperation({
  name: 'DeleteServiceAccount',
  input: { AccessKeyId: required(accessKeyId) },
  requires: onServiceAccount('cairn:DeleteServiceAccount'),
  async handle({ input, principal }, services) {
    const { owner } = await serviceAccountNamed(input, principal, services);
    await services.serviceAccounts.delete(owner, input.AccessKeyId);
    return undefined;
  },
});
