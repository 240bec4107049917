import type { Command } from 'commander';
import { type DeleteOptions, deleteWith, deletion } from '../../remote/delete-with.ts';
import { type Holder, policiesOf, policyRemovals, type Removal } from '../../remote/holder.ts';
import type { User } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext } from '../../remote/server-context.ts';

export function groupDelete(parent: Command, context: ServerContext): void {
  deletion(serverCommand(parent, 'delete'))
    .description('Delete a group. With --recursive its users leave it first, and its policies are taken off.')
    .argument('<group>', 'name of the group')
    .action(
      answering<DeleteOptions>(context, ({ server, args: [GroupName = ''], options }) =>
        deleteWith(context, options, {
          what: `the group ${GroupName}`,
          removals: () => removalsOf(server, GroupName),
          remove: () => server.call('iam', 'DeleteGroup', { GroupName }),
        }),
      ),
    );
}

async function removalsOf(server: RemoteServer, GroupName: string): Promise<readonly Removal[]> {
  const users = await listed<User>(server, { action: 'GetGroup', list: 'Users', parameters: { GroupName } });
  const holder: Holder = { kind: 'Group', name: GroupName };
  return [
    ...users.map(({ UserName }) => ({
      what: `take the user ${UserName} out of it`,
      remove: () => server.call('iam', 'RemoveUserFromGroup', { GroupName, UserName }),
    })),
    ...policyRemovals(server, holder, await policiesOf(server, holder)),
  ];
}
