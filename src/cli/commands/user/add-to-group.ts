import type { Command } from 'commander';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function userAddToGroup(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'add-to-group')
    .description('Put a user into a group.')
    .argument('<user>', 'name of the user')
    .argument('<group>', 'name of the group')
    .action(
      answering(context, async ({ server, args: [UserName, GroupName] }) => {
        await server.call('iam', 'AddUserToGroup', { UserName, GroupName });
        return { json: { UserName, GroupName }, text: `${UserName} is in the group ${GroupName} now.` };
      }),
    );
}
