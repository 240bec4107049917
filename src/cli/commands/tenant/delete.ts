import type { Command } from 'commander';
import { answering, confirmed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function tenantDelete(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'delete')
    .description('Delete a tenant that has no buckets, users, groups, roles and policies any more.')
    .argument('<tenant>', 'name or id of the tenant')
    .option('--yes', 'do not ask')
    .action(
      answering<{ yes?: boolean }>(context, async ({ server, args: [Tenant], options: { yes } }) => {
        await confirmed(context, { question: `Delete the tenant ${Tenant}?`, yes });
        await server.call('cairn', 'DeleteTenant', { Tenant });
        return { json: { Tenant }, text: `The tenant ${Tenant} is deleted.` };
      }),
    );
}
