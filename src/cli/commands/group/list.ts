import type { Command } from 'commander';
import type { Group } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { moment, table } from '../../table.ts';

export function groupList(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'list')
    .description('List the groups of the account.')
    .option('--path-prefix <path>', 'only those whose path begins so')
    .action(
      answering<{ pathPrefix?: string }>(context, async ({ server, options: { pathPrefix } }) => {
        const parameters = { PathPrefix: pathPrefix };
        const groups = await listed<Group>(server, { action: 'ListGroups', list: 'Groups', parameters });
        const rows = groups.map(({ GroupName, Arn, CreateDate }) => [GroupName, Arn, moment(CreateDate)]);
        return { json: groups, text: table(['GROUP', 'ARN', 'CREATED'], rows, context.terminal.width) };
      }),
    );
}
