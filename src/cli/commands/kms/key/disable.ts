import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';

export function kmsKeyDisable(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('disable')
    .description('Let nothing be encrypted or read with a key, from now on.')
    .argument('<key>', 'id or ARN of the key')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      const key = await withEncryption(data, (encryption) => encryption.setKmsKeyEnabled(name, false));
      print(`${key.arn} is disabled`);
    });
}
