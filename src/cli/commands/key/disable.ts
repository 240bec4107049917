import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';

export function keyDisable(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('disable')
    .description('Refuse requests that an access key signs, from now on.')
    .argument('<access-key>', 'access key id')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (accessKey: string, { data }: { data?: string }) => {
      await withIdentity(data, (identity) => identity.setKeyStatus(accessKey, 'inactive'));
      print(`${accessKey} is inactive`);
    });
}
