import type { Command } from 'commander';
import { bytesText } from '../../../services/doctor/finding.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { table } from '../../table.ts';
import type { Tenant, TenantUsage } from './tenant-shapes.ts';

export function tenantList(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'list')
    .description('List the tenants and what they hold.')
    .action(
      answering(context, async ({ server }) => {
        type Listed = Tenant & { readonly Usage?: TenantUsage };
        const tenants = await listed<Listed>(server, { service: 'cairn', action: 'ListTenants', list: 'Tenants' });
        const rows = tenants.map(({ Name, TenantId, State, Usage, Quota }) => [
          Name,
          TenantId,
          State,
          Usage === undefined ? '-' : String(Usage.Objects),
          Usage === undefined ? '-' : bytesText(Usage.Bytes),
          Quota?.Bytes === undefined ? '-' : bytesText(Quota.Bytes),
        ]);
        const titles = ['TENANT', 'ACCOUNT ID', 'STATE', 'OBJECTS', 'BYTES', 'OF'];
        return { json: tenants, text: table(titles, rows, context.terminal.width) };
      }),
    );
}
