import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';

export function keyEnable(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('enable')
    .description('Let an access key sign requests again.')
    .argument('<access-key>', 'access key id')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (accessKey: string, { data }: { data?: string }) => {
      await withIdentity(data, (identity) => identity.setKeyStatus(accessKey, 'active'));
      print(`${accessKey} is active`);
    });
}
