import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { StorageError } from '../../domain/errors.ts';
import { table } from '../table.ts';
import type { ImportWish } from '../transfer-commands.ts';
import {
  passphraseOf,
  placeOf,
  type TransferCommandContext,
  type TransferOptions,
  transferring,
  withTransferOptions,
} from './transfer-options.ts';

interface Options extends TransferOptions {
  readonly dryRun?: boolean;
  readonly mode: ImportWish['mode'];
  readonly json?: boolean;
}

export function importCommand(program: Command, context: TransferCommandContext): void {
  const command = program
    .command('import')
    .description(
      'Bring in what export wrote. Whoever imports needs the right to each thing that is made; where one is refused, nothing is done.',
    )
    .argument('<file>', 'what export wrote; - reads standard input')
    .option('--dry-run', 'say what would be made and changed, and do nothing')
    .addOption(
      new Option('--mode <mode>', 'what becomes of things that are there and differ')
        .choices(['fail', 'skip', 'replace'])
        .default('fail'),
    )
    .option('--json', 'print JSON');
  withTransferOptions(command, 'import into').action(async (file: string, options: Options) => {
    const passphrase = passphraseOf(options);
    const wish = { document: readDocument(file), mode: options.mode, isDryRun: options.dryRun ?? false };
    const things = await transferring(options, context, (transfer) =>
      transfer.import({ place: placeOf(options), passphrase, ...wish }),
    );
    if (options.json) return context.print(JSON.stringify(things, undefined, 2));
    const told = things.filter(({ action, reason }) => action !== 'leave' || reason !== undefined);
    const rows = told.map(({ action, kind, tenant, name, reason }) => [action, kind, tenant, name, reason ?? '']);
    if (rows.length > 0) context.print(table(['ACTION', 'KIND', 'TENANT', 'NAME', 'REASON'], rows));
    const count = (wanted: string) => things.filter(({ action }) => action === wanted).length;
    const refused = count('refuse') > 0 ? `, ${count('refuse')} refused` : '';
    const done = `${count('create')} made, ${count('change')} changed, ${count('leave')} left as they are${refused}`;
    context.note(wish.isDryRun ? `Would be: ${done}.` : `${done}.`);
  });
}

function readDocument(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new StorageError('InvalidArgument', { message: `${file} cannot be read: ${(error as Error).message}` });
  }
}
