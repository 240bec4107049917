import type { Command } from 'commander';
import {
  passphraseOf,
  placeOf,
  type TransferCommandContext,
  type TransferOptions,
  transferring,
  withTransferOptions,
} from './transfer-options.ts';

export function exportCommand(program: Command, context: TransferCommandContext): void {
  const command = program
    .command('export')
    .description(
      'Write all identities and configuration as one JSON document: tenants, users, groups, roles, policies, access keys, what buckets are configured with. Secrets are sealed under a passphrase; without one they, and access keys, are left out. Objects are not in it.',
    );
  withTransferOptions(command, 'export').action(async (options: TransferOptions) => {
    const passphrase = passphraseOf(options);
    const document = await transferring(options, context, (transfer) =>
      transfer.export({ place: placeOf(options), passphrase }),
    );
    context.print(document.trimEnd());
    if (passphrase === undefined) context.note('Without --passphrase-file access keys and passwords are not in it.');
  });
}
