import type { Command } from 'commander';
import type { EncryptionCommandContext } from '../../../encryption-commands.ts';

export function kmsKeyUnshare(parent: Command, { withEncryption, print }: EncryptionCommandContext): void {
  parent
    .command('unshare')
    .description('Let another account use a key no longer.')
    .argument('<key>', 'id or ARN of the key')
    .requiredOption('--account <name>', 'name or id of the other account')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { account, data }: { account: string; data?: string }) => {
      const key = await withEncryption(data, (encryption) => encryption.unshareKmsKey(name, account));
      print(`${key.arn} is shared with ${key.sharedWith.join(', ') || 'nobody'}`);
    });
}
