import { everyTenant, tenantArn } from '../../domain/cairn-arn.ts';
import { type Grant, onIdentity, onInstallation } from '../../domain/grant.ts';
import { refuseNarrowed } from '../../services/identity/access-keys/narrowed-makers.ts';
import { writeTransferDocument } from '../../services/identity-transfer/transfer-document.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { passphrase, scopeIn, transferScope } from '../transfer-parameters.ts';

/** All identities and configuration of a tenant, or of the installation, as one JSON document. */
export const exportAll = defineAdminOperation({
  name: 'Export',
  input: { ...transferScope, Passphrase: passphrase },
  result: element({ ExportDocument: text() }),
  async requires(input, caller, services) {
    const scope = await scopeIn(input, caller, services);
    const on = (action: 'cairn:Export' | 'cairn:ExportSecrets'): Grant => {
      if (scope === 'installation') return onInstallation(action, everyTenant);
      const arn = tenantArn(scope.tenant);
      const isOwn = scope.tenant === caller.account.accountId;
      return isOwn ? onIdentity(action, scope.tenant, arn) : onInstallation(action, arn);
    };
    // Whoever has the secrets of a tenant can be any of its users.
    return input.Passphrase === undefined ? [on('cairn:Export')] : [on('cairn:Export'), on('cairn:ExportSecrets')];
  },
  async handle({ input, principal }, services) {
    const { exports, identity } = services;
    const { Passphrase } = input;
    if (Passphrase !== undefined) await refuseNarrowed(principal, identity.credentials);
    // The secrets of a root are told to itself, and to those who administer its tenant from outside.
    const withoutRootOf = principal.kind === 'account' ? undefined : principal.account.accountId;
    const sealing = { passphrase: Passphrase, withoutRootOf };
    const scope = await scopeIn(input, principal, services);
    const document =
      scope === 'installation' ? await exports.ofInstallation(sealing) : await exports.ofTenant(scope.tenant, sealing);
    return { ExportDocument: writeTransferDocument(document) };
  },
});
