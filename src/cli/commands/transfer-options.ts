import { type Command, Option } from 'commander';
import { StorageError } from '../../domain/errors.ts';
import { givenSecret } from '../given-secret.ts';
import { worksHere } from '../remote/locality.ts';
import { withServerOptions } from '../remote/server-command.ts';
import type { ServerContext, ServerOptions } from '../remote/server-context.ts';
import { serverTransfer } from '../remote/server-transfer.ts';
import type { TransferCommands, TransferContext, TransferPlace } from '../transfer-commands.ts';

export type TransferCommandContext = ServerContext & TransferContext;

export interface TransferOptions extends ServerOptions {
  readonly tenant?: string;
  readonly ownTenant?: boolean;
  readonly passphraseFile?: string;
  readonly data?: string;
}

/** Options that both commands have. */
export function withTransferOptions(command: Command, tenantHelp: string): Command {
  return withServerOptions(command)
    .option('--tenant <tenant>', `${tenantHelp} one tenant alone, by its name or id`)
    .addOption(new Option('--own-tenant', `${tenantHelp} the tenant of the profile alone`).conflicts('tenant'))
    .option('--passphrase-file <file>', 'file with the passphrase that secrets are sealed with; - reads standard input')
    .option('--data <directory>', 'the data directory of a server on this machine (CAIRN_DATA)');
}

export function placeOf({ tenant, ownTenant }: TransferOptions): TransferPlace {
  if (ownTenant) return 'own';
  return tenant === undefined ? 'installation' : { tenant };
}

/** Throws InvalidArgument for a file that cannot be read. */
export function passphraseOf({ passphraseFile }: TransferOptions): string | undefined {
  const passphrase = givenSecret({ secretFile: passphraseFile });
  if (passphrase === undefined || passphrase.length >= 8) return passphrase;
  throw new StorageError('InvalidArgument', { message: 'a passphrase has 8 characters at the least' });
}

/** Long: all of an installation goes over the wire, and is weighed. */
const timeoutMilliseconds = 600_000;

/** The data directory on this machine, or the server that is named. */
export function transferring<T>(
  options: TransferOptions,
  context: TransferCommandContext,
  use: (transfer: TransferCommands) => Promise<T>,
): Promise<T> {
  if (worksHere(options, context)) return context.withTransfer(options.data, use);
  return context.withServer({ ...options, timeoutMilliseconds }, (server) => use(serverTransfer(server)));
}
