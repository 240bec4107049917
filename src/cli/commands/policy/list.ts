import { type Command, Option } from 'commander';
import type { Policy } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { moment, table } from '../../table.ts';

interface Options {
  readonly scope: string;
  readonly attached?: boolean;
  readonly pathPrefix?: string;
}

export function policyList(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'list')
    .description('List policies: those of the account, or those that are there from the beginning.')
    .addOption(
      new Option('--scope <scope>', 'Local: of the account; AWS: there from the beginning')
        .choices(['Local', 'AWS', 'All'])
        .default('Local'),
    )
    .option('--attached', 'only those that are attached to something')
    .option('--path-prefix <path>', 'only those whose path begins so')
    .action(
      answering<Options>(context, async ({ server, options: { scope, attached, pathPrefix } }) => {
        const parameters = { Scope: scope, OnlyAttached: attached, PathPrefix: pathPrefix };
        const policies = await listed<Policy>(server, { action: 'ListPolicies', list: 'Policies', parameters });
        const rows = policies.map((policy) => [
          policy.PolicyName,
          policy.Arn,
          policy.DefaultVersionId,
          String(policy.AttachmentCount ?? '-'),
          moment(policy.UpdateDate ?? policy.CreateDate),
        ]);
        const titles = ['POLICY', 'ARN', 'DEFAULT', 'ATTACHED', 'CHANGED'];
        return { json: policies, text: table(titles, rows, context.terminal.width) };
      }),
    );
}
