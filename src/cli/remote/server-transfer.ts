import type { TransferCommands, TransferPlace } from '../transfer-commands.ts';
import type { RemoteServer } from './server-context.ts';

/** Export and import over the wire. */
export function serverTransfer(server: RemoteServer): TransferCommands {
  return {
    async export({ place, passphrase }) {
      const { ExportDocument } = await server.call<{ readonly ExportDocument: string }>('cairn', 'Export', {
        ...placed(place),
        Passphrase: passphrase,
      });
      return ExportDocument;
    },
    async import({ place, passphrase, document, mode, isDryRun }) {
      const { Things = [] } = await server.call<{ readonly Things?: readonly WrittenThing[] }>('cairn', 'Import', {
        ...placed(place),
        Passphrase: passphrase,
        Document: document,
        Mode: mode,
        DryRun: isDryRun,
      });
      return Things.map(({ Kind, Tenant, Name, Action, Reason }) => ({
        kind: Kind,
        tenant: Tenant,
        name: Name,
        action: Action,
        ...(Reason === undefined ? {} : { reason: Reason }),
      }));
    },
  };
}

interface WrittenThing {
  readonly Kind: string;
  readonly Tenant: string;
  readonly Name: string;
  readonly Action: string;
  readonly Reason?: string;
}

function placed(place: TransferPlace) {
  if (place === 'own') return {};
  return place === 'installation' ? { Installation: true } : { Tenant: place.tenant };
}
