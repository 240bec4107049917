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

export function keyDisable(parent: Command, context: CommandContext & ServerContext): void {
  const overTheWire = answering<Options>(context, async ({ server, args: [accessKeyId = ''], options: { user } }) => {
    const parameters = { Status: 'Inactive' };
    await changeKey(
      server,
      { accessKeyId, user },
      { iam: 'UpdateAccessKey', cairn: 'UpdateServiceAccount', parameters },
    );
    return { json: { AccessKeyId: accessKeyId, ...parameters }, text: `${accessKeyId} is inactive` };
  });
  const command = parent
    .command('disable')
    .description('Refuse requests that an access key signs, from now on.')
    .argument('<access-key>', 'access key id')
    .option('--user <user>', 'name of the user whose it is, where you may not look that up')
    .option('--json', 'print JSON');
  withServerOptions(command)
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (accessKey: string, options: Options, ...rest: unknown[]) => {
      if (!worksHere(options, context)) return overTheWire(accessKey, options, ...rest);
      await context.withIdentity(options.data, (identity) => identity.setKeyStatus(accessKey, 'inactive'));
      context.print(`${accessKey} is inactive`);
    });
}
