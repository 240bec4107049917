import type { Command } from 'commander';
import { type DeleteOptions, deleteWith, deletion } from '../../remote/delete-with.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { removalsOfUser } from './removals.ts';

export function userDelete(parent: Command, context: ServerContext): void {
  deletion(serverCommand(parent, 'delete'))
    .description('Delete a user. With --recursive what hangs on it goes first: keys, password, memberships, policies.')
    .argument('<user>', 'name of the user')
    .action(
      answering<DeleteOptions>(context, async ({ server, args: [UserName = ''], options }) => {
        // Told at once where there is no such user, before anybody is asked.
        if (options.recursive) await server.call('iam', 'GetUser', { UserName });
        return deleteWith(context, options, {
          what: `the user ${UserName}`,
          removals: () => removalsOfUser(server, UserName),
          remove: () => server.call('iam', 'DeleteUser', { UserName }),
        });
      }),
    );
}
