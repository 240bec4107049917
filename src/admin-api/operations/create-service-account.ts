import { refuseNarrowed } from '../../services/identity/access-keys/narrowed-makers.ts';
import { withDefault } from '../../wire/query/parameters.ts';
import { element, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import {
  description,
  expiration,
  onServiceAccountsOf,
  ownerNamed,
  policy,
  serviceAccountName,
  timeOf,
  userName,
} from '../service-accounts.ts';

/**
 * An access key of a user, by default the caller, or of the root for itself, within a policy of its own and until a
 * time. The only time that the secret is told. Service accounts and narrowed sessions cannot make one.
 */
export const createServiceAccount = defineAdminOperation({
  name: 'CreateServiceAccount',
  input: {
    UserName: userName,
    Name: withDefault(serviceAccountName, ''),
    Description: withDefault(description, ''),
    Policy: policy,
    Expiration: expiration,
  },
  result: element({
    ServiceAccount: element({
      AccessKeyId: text(),
      SecretAccessKey: text(),
      UserName: optional(text()),
      CreateDate: timestamp(),
    }),
  }),
  requires: onServiceAccountsOf('cairn:CreateServiceAccount'),
  async handle({ input, principal }, services) {
    await refuseNarrowed(principal, services.identity.credentials);
    const owner = await ownerNamed(input, principal, services);
    const { key, secretAccessKey } = await services.serviceAccounts.create(owner, {
      name: input.Name,
      description: input.Description,
      ...(input.Policy === undefined ? {} : { policy: input.Policy }),
      ...(input.Expiration === undefined ? {} : { expiresAt: timeOf(input.Expiration) }),
    });
    return {
      ServiceAccount: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: secretAccessKey,
        ...(owner.user ? { UserName: owner.user.name } : {}),
        CreateDate: key.createdAt,
      },
    };
  },
});
