import type { Command } from 'commander';
import { policiesOf } from '../../remote/holder.ts';
import type { AccessKey, Group, User } from '../../remote/iam-shapes.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import { userText } from './user-text.ts';

export function userShow(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'show')
    .description('Show a user, its groups, policies and keys.')
    .argument('<user>', 'name of the user')
    .action(
      answering(context, async ({ server, args: [UserName = ''] }) => {
        const parameters = { UserName };
        const { User } = await server.call<{ User: User }>('iam', 'GetUser', parameters);
        const { attached, inline } = await policiesOf(server, { kind: 'User', name: UserName });
        const groups = await listed<Group>(server, { action: 'ListGroupsForUser', list: 'Groups', parameters });
        const keys = await listed<AccessKey>(server, {
          action: 'ListAccessKeys',
          list: 'AccessKeyMetadata',
          parameters,
        });
        const more = fields([
          ['Groups', names(groups.map(({ GroupName }) => GroupName))],
          ['Policies', names(attached.map(({ PolicyName }) => PolicyName))],
          ['Inline', names(inline)],
          ['Keys', names(keys.map(({ AccessKeyId, Status }) => `${AccessKeyId} (${Status})`))],
        ]);
        return {
          json: { User, Groups: groups, AttachedPolicies: attached, PolicyNames: inline, AccessKeyMetadata: keys },
          text: `${userText(User)}\n${more}`,
        };
      }),
    );
}

const names = (all: readonly string[]): string => (all.length === 0 ? '-' : all.join(', '));
