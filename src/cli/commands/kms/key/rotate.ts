import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';

export function kmsKeyRotate(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('rotate')
    .description('Let a key seal with a new secret; what it has sealed before stays readable.')
    .argument('<key>', 'id or ARN of the key')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      const key = await withEncryption(data, (encryption) => encryption.rotateKmsKey(name));
      print(`${key.arn} has a new secret`);
    });
}
