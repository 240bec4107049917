import type { Command } from 'commander';
import { bytesText } from '../../../services/doctor/finding.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import type { RootKey, Tenant, TenantUsage } from './tenant-shapes.ts';
import { tenantText } from './tenant-text.ts';

interface Answer {
  readonly Tenant: Tenant;
  readonly Usage: TenantUsage;
  readonly Counts?: Readonly<Record<string, number>>;
  readonly RootKeys?: readonly RootKey[];
}

export function tenantShow(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'show')
    .description('Show a tenant, what it holds, and the keys of its root; your own where none is named.')
    .argument('[tenant]', 'name or id of the tenant')
    .action(
      answering(context, async ({ server, args: [name] }) => {
        const answer =
          name === undefined
            ? await server.call<Answer>('cairn', 'GetOwnTenant')
            : await server.call<Answer>('cairn', 'GetTenant', { Tenant: name });
        const { Tenant, Usage, Counts, RootKeys } = answer;
        const counts = Counts && Object.entries(Counts).map(([what, count]) => `${count} ${what.toLowerCase()}`);
        const more = fields([
          ['Holds', `${Usage.Objects} objects, ${bytesText(Usage.Bytes)}${Usage.IsComplete ? '' : ' (still counted)'}`],
          ['Has', counts?.join(', ')],
          ['Root keys', RootKeys?.map(({ AccessKeyId, Status }) => `${AccessKeyId} (${Status})`).join(', ')],
        ]);
        return { json: answer, text: `${tenantText(Tenant)}\n${more}` };
      }),
    );
}
