import { refuseNarrowed } from '../../services/identity/access-keys/narrowed-makers.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import {
  accessKeyId,
  description,
  expiration,
  onServiceAccount,
  policy,
  serviceAccountName,
  serviceAccountNamed,
  status,
  timeOf,
} from '../service-accounts.ts';

/**
 * What is left out stays; an empty policy or expiration takes it away. In force with the next request. Service accounts
 * and narrowed sessions cannot change one: it could be themselves.
 */
export const updateServiceAccount = defineAdminOperation({
  name: 'UpdateServiceAccount',
  input: {
    AccessKeyId: required(accessKeyId),
    Name: serviceAccountName,
    Description: description,
    Policy: policy,
    Expiration: expiration,
    Status: status,
  },
  requires: onServiceAccount('cairn:UpdateServiceAccount'),
  async handle({ input, principal }, services) {
    await refuseNarrowed(principal, services.identity.credentials);
    const { owner } = await serviceAccountNamed(input, principal, services);
    await services.serviceAccounts.change(owner, input.AccessKeyId, {
      name: input.Name,
      description: input.Description,
      policy: input.Policy === '' ? null : input.Policy,
      expiresAt: expirationOf(input.Expiration),
      status: input.Status === undefined ? undefined : input.Status === 'Active' ? 'active' : 'inactive',
    });
    return undefined;
  },
});

function expirationOf(written: string | undefined): number | null | undefined {
  if (written === undefined) return undefined;
  return written === '' ? null : timeOf(written);
}
