import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import {
  accessKeyId,
  onServiceAccount,
  serviceAccountAnswer,
  serviceAccountElement,
  serviceAccountNamed,
} from '../service-accounts.ts';

/** What a service account is, and what it is held to. */
export const getServiceAccount = defineAdminOperation({
  name: 'GetServiceAccount',
  input: { AccessKeyId: required(accessKeyId) },
  result: element({ ServiceAccount: serviceAccountElement }),
  requires: onServiceAccount('cairn:GetServiceAccount'),
  async handle({ input, principal }, services) {
    const { key, owner } = await serviceAccountNamed(input, principal, services);
    return { ServiceAccount: serviceAccountAnswer(key, owner.user) };
  },
});
