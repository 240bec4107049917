import type { Command } from 'commander';
import { bytesBound, countBound, positive } from '../../accounting-commands.ts';
import { outputFileHelp, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { keyPairText } from '../key/key-text.ts';
import type { NewKey, Tenant } from './tenant-shapes.ts';
import { tenantText } from './tenant-text.ts';

type Bound = number | 'none';
interface Options {
  readonly accountId?: string;
  readonly canonicalId?: string;
  readonly email?: string;
  readonly bytes?: Bound;
  readonly objects?: Bound;
  readonly requestRate?: Bound;
  readonly byteRate?: Bound;
  readonly outputFile?: string;
}

export function tenantCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description(
      'Make a tenant: an account with users, buckets and bounds of its own. The key of its root is shown this once.',
    )
    .argument('<new-tenant>', 'name, shown as the owner of buckets and objects')
    .option('--account-id <digits>', '12 or 15 digits; drawn when left out')
    .option('--canonical-id <id>', '64 hexadecimal digits; drawn when left out')
    .option('--email <address>', 'e-mail address')
    .option('--bytes <bytes>', 'quota: 500M, 10G, 2T', bytesBound)
    .option('--objects <count>', 'quota: versions, delete markers among them', countBound)
    .option('--request-rate <count>', 'requests a second', (text) => positive(countBound(text)))
    .option('--byte-rate <bytes>', 'bytes a second: 500K, 50M', (text) => positive(bytesBound(text)))
    .option('--output-file <file>', outputFileHelp)
    .action(
      answering<Options>(context, async ({ server, args: [Name], options }) => {
        requireNewFile(options.outputFile);
        const answer = await server.call<{ Tenant: Tenant; AccessKey: NewKey }>('cairn', 'CreateTenant', {
          Name,
          TenantId: options.accountId,
          CanonicalId: options.canonicalId,
          Email: options.email,
          QuotaBytes: given(options.bytes),
          QuotaObjects: given(options.objects),
          RequestsPerSecond: given(options.requestRate),
          BytesPerSecond: given(options.byteRate),
        });
        const result = { json: answer, text: `${tenantText(answer.Tenant)}\n${keyPairText(answer.AccessKey)}` };
        return secretResult(result, { outputFile: options.outputFile, note: context.note });
      }),
    );
}

/** Where nothing bounds, nothing is said. */
export const given = (bound: Bound | undefined): number | undefined => (bound === 'none' ? undefined : bound);
