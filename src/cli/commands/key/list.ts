import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';
import type { AccessKey, LastUsed } from '../../remote/iam-shapes.ts';
import { refuseOption, worksHere } from '../../remote/locality.ts';
import { answering, listed, withServerOptions } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext, ServerOptions } from '../../remote/server-context.ts';
import { ServerError, usageFailure } from '../../remote/server-error.ts';
import { collect, moment, table } from '../../table.ts';

interface Options extends ServerOptions {
  readonly account?: string;
  readonly user?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function keyList(parent: Command, context: CommandContext & ServerContext): void {
  const overTheWire = answering<Options>(context, async ({ server, options: { user } }) => {
    const parameters = { UserName: user };
    const keys = await listed<AccessKey>(server, { action: 'ListAccessKeys', list: 'AccessKeyMetadata', parameters });
    const accounts = await serviceAccounts(server, user);
    const rows: string[][] = [];
    for (const { AccessKeyId, Status, CreateDate } of keys) {
      rows.push([AccessKeyId, Status, moment(CreateDate), await lastUsed(server, AccessKeyId), '-']);
    }
    for (const { AccessKeyId, Status, CreateDate, Name } of accounts) {
      rows.push([AccessKeyId, Status, moment(CreateDate), '-', Name ?? '-']);
    }
    const titles = ['ACCESS KEY', 'STATUS', 'CREATED', 'LAST USED', 'SERVICE ACCOUNT'];
    return {
      json: { AccessKeyMetadata: keys, ServiceAccounts: accounts },
      text: table(titles, rows, context.terminal.width),
    };
  });
  const command = parent
    .command('list')
    .description(
      'List access keys; secrets are not shown. With --account those of an account, in the data directory of this machine; else those of a user (yourself where none is named), over the wire.',
    )
    .option('--user <user>', 'name of the user whose they are')
    .option('--json', 'print JSON');
  withServerOptions(command)
    .option('--account <name>', 'name or id of the account, in the data directory of this machine')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (options: Options, ...rest: unknown[]) => {
      if (!worksHere(options, context)) return overTheWire(options, ...rest);
      await listHere(context, options);
    });
}

async function listHere({ withIdentity, print }: CommandContext, { account, user, data, json }: Options) {
  refuseOption(user, 'Keys of users are listed over the wire: give --endpoint or --profile.');
  if (account === undefined) {
    throw usageFailure(
      'Give --account for an account in this data directory; or --endpoint or --profile for a server.',
    );
  }
  const keys = await withIdentity(data, (identity) => collect(identity.listKeys(account)));
  const rows = keys.map(({ accessKeyId, status, createdAt }) => [accessKeyId, status, createdAt]);
  print(json ? JSON.stringify(keys) : table(['ACCESS KEY', 'STATUS', 'CREATED'], rows));
}

interface ServiceAccount extends AccessKey {
  readonly Name?: string;
}

/** Cairn's own: another server has none; and they are only shown to who may see them. */
async function serviceAccounts(server: RemoteServer, UserName: string | undefined): Promise<readonly ServiceAccount[]> {
  try {
    return await listed<ServiceAccount>(server, {
      service: 'cairn',
      action: 'ListServiceAccounts',
      list: 'ServiceAccounts',
      parameters: { UserName },
    });
  } catch (error) {
    if (error instanceof ServerError && (error.code === 'InvalidAction' || error.code === 'AccessDenied')) return [];
    throw error;
  }
}

async function lastUsed(server: RemoteServer, AccessKeyId: string): Promise<string> {
  try {
    const answer = await server.call<{ AccessKeyLastUsed: LastUsed }>('iam', 'GetAccessKeyLastUsed', { AccessKeyId });
    return moment(answer.AccessKeyLastUsed.LastUsedDate);
  } catch (error) {
    if (error instanceof ServerError) return '?';
    throw error;
  }
}
