import type { Command } from 'commander';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function userRename(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'rename')
    .description('Give a user another name, or another path. Policies that name its ARN do not follow.')
    .argument('<user>', 'name of the user')
    .argument('[new-user]', 'its new name')
    .option('--path <path>', 'its new path')
    .action(
      answering<{ path?: string }>(context, async ({ server, args: [UserName, NewUserName], options: { path } }) => {
        await server.call('iam', 'UpdateUser', { UserName, NewUserName, NewPath: path });
        const name = NewUserName ?? UserName;
        return { json: { UserName: name }, text: `The user is ${name} now.` };
      }),
    );
}
