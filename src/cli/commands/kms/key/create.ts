import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';

interface Options {
  readonly account: string;
  readonly description?: string;
  readonly id?: string;
  readonly alias?: string;
  readonly vaultKey?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function kmsKeyCreate(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('create')
    .description('Make a key that objects can be encrypted with (SSE-KMS).')
    .requiredOption('--account <name>', 'name or id of the account that may use it')
    .option('--alias <name>', 'a name for it, such as alias/backups')
    .option('--description <text>', 'what it is for')
    .option('--id <id>', 'the end of its ARN; drawn when left out')
    .option('--vault-key <name>', 'a key that is in the vault already, in place of a new one')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data, ...given }: Options) => {
      const key = await withEncryption(data, (encryption) => encryption.createKmsKey(given));
      print(json ? JSON.stringify(key) : key.arn);
    });
}
