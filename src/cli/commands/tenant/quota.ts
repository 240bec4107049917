import type { Command } from 'commander';
import { bytesText } from '../../../services/doctor/finding.ts';
import { type BoundChanges, bytesBound, changedBounds, countBound } from '../../accounting-commands.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import type { Quota } from './tenant-shapes.ts';

type Options = BoundChanges<'bytes' | 'objects'>;

export function tenantQuota(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'quota')
    .description('Show what a tenant may hold in all its buckets, or change it.')
    .argument('<tenant>', 'name or id of the tenant')
    .option('--bytes <bytes>', 'of all versions and of parts of open uploads: 500M, 10G, 2T, or none', bytesBound)
    .option('--objects <count>', 'versions, delete markers among them, or none', countBound)
    .action(
      answering<Options>(context, async ({ server, args: [Tenant], options: { bytes, objects } }) => {
        const { Quota: now = {} } = await server.call<{ Quota?: Quota }>('cairn', 'GetTenantQuota', { Tenant });
        const quota = changedBounds(now, { Bytes: bytes, Objects: objects });
        if (bytes !== undefined || objects !== undefined) {
          const parameters = { Tenant, QuotaBytes: quota.Bytes, QuotaObjects: quota.Objects };
          await server.call('cairn', 'SetTenantQuota', parameters);
        }
        const text = fields([
          ['Bytes', quota.Bytes === undefined ? 'no bound' : bytesText(quota.Bytes)],
          ['Objects', quota.Objects === undefined ? 'no bound' : String(quota.Objects)],
        ]);
        return { json: quota, text };
      }),
    );
}
