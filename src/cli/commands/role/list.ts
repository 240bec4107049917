import type { Command } from 'commander';
import type { Role } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { moment, table } from '../../table.ts';

export function roleList(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'list')
    .description('List the roles of the account.')
    .option('--path-prefix <path>', 'only those whose path begins so')
    .action(
      answering<{ pathPrefix?: string }>(context, async ({ server, options: { pathPrefix } }) => {
        const parameters = { PathPrefix: pathPrefix };
        const roles = await listed<Role>(server, { action: 'ListRoles', list: 'Roles', parameters });
        const rows = roles.map((role) => [role.RoleName, role.Arn, moment(role.CreateDate), role.Description ?? '-']);
        return { json: roles, text: table(['ROLE', 'ARN', 'CREATED', 'DESCRIPTION'], rows, context.terminal.width) };
      }),
    );
}
