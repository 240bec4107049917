import type { Command } from 'commander';
import type { CommandContext } from '../../identity-commands.ts';
import { worksHere } from '../../remote/locality.ts';
import { answering, withServerOptions } from '../../remote/server-command.ts';
import type { ServerContext, ServerOptions } from '../../remote/server-context.ts';
import { changeKey } from './change-key.ts';

interface Options extends ServerOptions {
  readonly user?: string;
  readonly data?: string;
}

export function keyDelete(parent: Command, context: CommandContext & ServerContext): void {
  const overTheWire = answering<Options>(context, async ({ server, args: [accessKeyId = ''], options: { user } }) => {
    await changeKey(server, { accessKeyId, user }, { iam: 'DeleteAccessKey', cairn: 'DeleteServiceAccount' });
    return { json: { AccessKeyId: accessKeyId }, text: `${accessKeyId} is deleted` };
  });
  const command = parent
    .command('delete')
    .description('Remove an access key for good.')
    .argument('<access-key>', 'access key id')
    .option('--user <user>', 'name of the user whose it is, where you may not look that up')
    .option('--json', 'print JSON');
  withServerOptions(command)
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (accessKey: string, options: Options, ...rest: unknown[]) => {
      if (!worksHere(options, context)) return overTheWire(accessKey, options, ...rest);
      await context.withIdentity(options.data, (identity) => identity.deleteKey(accessKey));
      context.print(`${accessKey} is deleted`);
    });
}
