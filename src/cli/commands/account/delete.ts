import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';

export function accountDelete(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('delete')
    .description(
      'Remove an account and its access keys. Refused while it owns buckets, or an event target or remote is there for it alone.',
    )
    .argument('<account>', 'name or id')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (account: string, { data }: { data?: string }) => {
      await withIdentity(data, (identity) => identity.deleteAccount(account));
      print(`${account} is deleted`);
    });
}
