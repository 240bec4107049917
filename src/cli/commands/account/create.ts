import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';

interface Options {
  readonly accountId?: string;
  readonly canonicalId?: string;
  readonly email?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function accountCreate(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('create')
    .description('Make an account: an owner of buckets, isolated from the others.')
    .argument('<name>', 'name, shown as the owner of buckets and objects')
    .option('--account-id <digits>', '12 or 15 digits; drawn when left out')
    .option('--canonical-id <id>', '64 hexadecimal digits; drawn when left out')
    .option('--email <address>', 'e-mail address')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { json, data, ...account }: Options) => {
      const created = await withIdentity(data, (identity) => identity.createAccount({ name, ...account }));
      print(
        json
          ? JSON.stringify(created)
          : `Account ${created.displayName}\n  account id    ${created.accountId}\n  canonical id  ${created.canonicalId}`,
      );
    });
}
