import type { Command } from 'commander';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function userRemoveFromGroup(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'remove-from-group')
    .description('Take a user out of a group.')
    .argument('<user>', 'name of the user')
    .argument('<group>', 'name of the group')
    .action(
      answering(context, async ({ server, args: [UserName, GroupName] }) => {
        await server.call('iam', 'RemoveUserFromGroup', { UserName, GroupName });
        return { json: { UserName, GroupName }, text: `${UserName} is not in the group ${GroupName} now.` };
      }),
    );
}
