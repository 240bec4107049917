import type { Command } from 'commander';
import { type DeleteOptions, deleteWith, deletion } from '../../remote/delete-with.ts';
import { type Holder, policiesOf, policyRemovals } from '../../remote/holder.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function roleDelete(parent: Command, context: ServerContext): void {
  deletion(serverCommand(parent, 'delete'))
    .description('Delete a role, and end its sessions. With --recursive its policies are taken off first.')
    .argument('<role>', 'name of the role')
    .action(
      answering<DeleteOptions>(context, async ({ server, args: [RoleName = ''], options }) => {
        const holder: Holder = { kind: 'Role', name: RoleName };
        return deleteWith(context, options, {
          what: `the role ${RoleName}`,
          removals: async () => policyRemovals(server, holder, await policiesOf(server, holder)),
          remove: () => server.call('iam', 'DeleteRole', { RoleName }),
        });
      }),
    );
}
