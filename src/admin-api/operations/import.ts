import { everyTenant, tenantArn } from '../../domain/cairn-arn.ts';
import { onIdentity, onInstallation } from '../../domain/grant.ts';
import { boolean, required, text, withDefault } from '../../wire/query/parameters.ts';
import { element, list, optional, text as textElement } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { passphrase, scopeIn, transferScope } from '../transfer-parameters.ts';

/** Some thousand users: while a document is read a process does nothing else. */
const mostValues = 500_000;

const modes = ['fail', 'skip', 'replace'] as const;

/**
 * Brings in what Export wrote: all of it, or nothing where one thing of it is refused. `DryRun` answers what would
 * happen. The right to import gives none: each thing is weighed as the call that would make it.
 */
export const importAll = defineAdminOperation({
  name: 'Import',
  input: {
    ...transferScope,
    Document: required(text({ min: 2, max: 32 * 1024 * 1024 })),
    Passphrase: passphrase,
    Mode: withDefault(text({ oneOf: modes }), 'fail'),
    DryRun: withDefault(boolean(), false),
  },
  result: element({
    Things: element({
      member: list(
        element({
          Kind: textElement(),
          Tenant: textElement(),
          Name: textElement(),
          Action: textElement(),
          Reason: optional(textElement()),
        }),
      ),
    }),
  }),
  async requires(input, caller, services) {
    const scope = await scopeIn(input, caller, services);
    if (scope === 'installation') return [onInstallation('cairn:Import', everyTenant)];
    const arn = tenantArn(scope.tenant);
    const isOwn = scope.tenant === caller.account.accountId;
    return [isOwn ? onIdentity('cairn:Import', scope.tenant, arn) : onInstallation('cairn:Import', arn)];
  },
  async handle({ input, principal, access, head }, services) {
    const things = await services.imports.run({
      document: input.Document,
      mostValues,
      passphrase: input.Passphrase,
      mode: modes.find((mode) => mode === input.Mode) ?? 'fail',
      isDryRun: input.DryRun,
      scope: await scopeIn(input, principal, services),
      principal,
      access,
      origin: {
        host: head.host,
        clientAddress: head.clientAddress,
        secure: head.secure,
        tlsVersion: head.tlsVersion,
        userAgent: head.headers['user-agent'],
      },
    });
    return {
      Things: {
        member: things.map(({ kind, tenant, name, action, reason }) => ({
          Kind: kind,
          Tenant: tenant,
          Name: name,
          Action: action,
          ...(reason === undefined ? {} : { Reason: reason }),
        })),
      },
    };
  },
});
