import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';
import { collect, table } from '../../table.ts';

export function keyList(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('list')
    .description('List the access keys of an account; secrets are not shown.')
    .requiredOption('--account <name>', 'name or id of the account')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ account, json, data }: { account: string; json?: boolean; data?: string }) => {
      const keys = await withIdentity(data, (identity) => collect(identity.listKeys(account)));
      print(
        json
          ? JSON.stringify(keys)
          : table(
              ['ACCESS KEY', 'STATUS', 'CREATED'],
              keys.map(({ accessKeyId, status, createdAt }) => [accessKeyId, status, createdAt]),
            ),
      );
    });
}
