import type { Command } from 'commander';
import { answering, confirmed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function tenantDisable(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'disable')
    .description('Shut a tenant out: its keys and sessions end at once, and nobody reaches its buckets.')
    .argument('<tenant>', 'name or id of the tenant')
    .option('--yes', 'do not ask')
    .action(
      answering<{ yes?: boolean }>(context, async ({ server, args: [Tenant], options: { yes } }) => {
        await confirmed(context, { question: `Shut out everybody of the tenant ${Tenant}?`, yes });
        await server.call('cairn', 'DisableTenant', { Tenant });
        return { json: { Tenant, State: 'Disabled' }, text: `The tenant ${Tenant} is disabled.` };
      }),
    );
}
