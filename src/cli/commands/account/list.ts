import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';
import { collect, table } from '../../table.ts';

export function accountList(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('list')
    .description('List the accounts.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const accounts = await withIdentity(data, (identity) => collect(identity.listAccounts()));
      print(
        json
          ? JSON.stringify(accounts)
          : table(
              ['NAME', 'ACCOUNT ID', 'E-MAIL', 'CREATED'],
              accounts.map(({ displayName, accountId, email, createdAt }) => [
                displayName,
                accountId,
                email || '-',
                createdAt,
              ]),
            ),
      );
    });
}
