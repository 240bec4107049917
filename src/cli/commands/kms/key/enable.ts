import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';

export function kmsKeyEnable(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('enable')
    .description('Let a key be used again.')
    .argument('<key>', 'id or ARN of the key')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      const key = await withEncryption(data, (encryption) => encryption.setKmsKeyEnabled(name, true));
      print(`${key.arn} is enabled`);
    });
}
