import type { Command } from 'commander';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function tenantEnable(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'enable')
    .description('Let a tenant in again that was shut out.')
    .argument('<tenant>', 'name or id of the tenant')
    .action(
      answering(context, async ({ server, args: [Tenant] }) => {
        await server.call('cairn', 'EnableTenant', { Tenant });
        return { json: { Tenant, State: 'Enabled' }, text: `The tenant ${Tenant} is enabled.` };
      }),
    );
}
