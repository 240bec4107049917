import type { Command } from 'commander';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';

interface Identity {
  readonly Account: string;
  readonly Arn: string;
  readonly UserId: string;
}

export function whoami(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'whoami')
    .description('Show who you are to the server: account, ARN and id.')
    .action(
      answering(context, async ({ server }) => {
        const identity = await server.call<Identity>('sts', 'GetCallerIdentity');
        return {
          json: identity,
          text: fields([
            ['Account', identity.Account],
            ['ARN', identity.Arn],
            ['Id', identity.UserId],
            ['Server', server.endpoint],
          ]),
        };
      }),
    );
}
