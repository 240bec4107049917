import type { Command } from 'commander';
import { bytesText } from '../../../services/doctor/finding.ts';
import { type BoundChanges, bytesBound, changedBounds, countBound, positive } from '../../accounting-commands.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import type { Tenant } from './tenant-shapes.ts';

type Options = BoundChanges<'bytes' | 'requests'>;

export function tenantLimits(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'limits')
    .description('Show what a tenant may ask for a second, or change it.')
    .argument('<tenant>', 'name or id of the tenant')
    .option('--requests <count>', 'requests a second, or none', (text) => positive(countBound(text)))
    .option('--bytes <bytes>', 'bytes a second, sent and received: 500K, 50M, or none', (text) =>
      positive(bytesBound(text)),
    )
    .action(
      answering<Options>(context, async ({ server, args: [name], options: { bytes, requests } }) => {
        const { Tenant } = await server.call<{ Tenant: Tenant }>('cairn', 'GetTenant', { Tenant: name });
        const changes = { BytesPerSecond: bytes, RequestsPerSecond: requests };
        const limits = changedBounds(Tenant.RateLimits, changes);
        if (bytes !== undefined || requests !== undefined) {
          await server.call('cairn', 'SetTenantRateLimits', { Tenant: Tenant.TenantId, ...limits });
        }
        const text = fields([
          ['Requests', limits.RequestsPerSecond === undefined ? 'no bound' : `${limits.RequestsPerSecond} a second`],
          ['Bytes', limits.BytesPerSecond === undefined ? 'no bound' : `${bytesText(limits.BytesPerSecond)} a second`],
        ]);
        return { json: limits, text };
      }),
    );
}
