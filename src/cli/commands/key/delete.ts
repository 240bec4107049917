import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';

export function keyDelete(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('delete')
    .description('Remove an access key for good.')
    .argument('<access-key>', 'access key id')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (accessKey: string, { data }: { data?: string }) => {
      await withIdentity(data, (identity) => identity.deleteKey(accessKey));
      print(`${accessKey} is deleted`);
    });
}
