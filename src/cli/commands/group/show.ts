import type { Command } from 'commander';
import { policiesOf } from '../../remote/holder.ts';
import type { Group, User } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import { groupText } from './group-text.ts';

export function groupShow(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'show')
    .description('Show a group, its users and its policies.')
    .argument('<group>', 'name of the group')
    .action(
      answering(context, async ({ server, args: [GroupName = ''] }) => {
        const { Group } = await server.call<{ Group: Group }>('iam', 'GetGroup', { GroupName, MaxItems: 1 });
        const users = await listed<User>(server, { action: 'GetGroup', list: 'Users', parameters: { GroupName } });
        const { attached, inline } = await policiesOf(server, { kind: 'Group', name: GroupName });
        const more = fields([
          ['Users', names(users.map(({ UserName }) => UserName))],
          ['Policies', names(attached.map(({ PolicyName }) => PolicyName))],
          ['Inline', names(inline)],
        ]);
        return {
          json: { Group, Users: users, AttachedPolicies: attached, PolicyNames: inline },
          text: `${groupText(Group)}\n${more}`,
        };
      }),
    );
}

const names = (all: readonly string[]): string => (all.length === 0 ? '-' : all.join(', '));
