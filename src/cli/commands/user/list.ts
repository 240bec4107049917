import type { Command } from 'commander';
import type { User } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { moment, table } from '../../table.ts';

export function userList(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'list')
    .description('List the users of the account.')
    .option('--path-prefix <path>', 'only those whose path begins so')
    .action(
      answering<{ pathPrefix?: string }>(context, async ({ server, options: { pathPrefix } }) => {
        const parameters = { PathPrefix: pathPrefix };
        const users = await listed<User>(server, { action: 'ListUsers', list: 'Users', parameters });
        const rows = users.map((user) => [
          user.UserName,
          user.Arn,
          moment(user.CreateDate),
          moment(user.PasswordLastUsed),
        ]);
        return { json: users, text: table(['USER', 'ARN', 'CREATED', 'LAST LOGIN'], rows, context.terminal.width) };
      }),
    );
}
