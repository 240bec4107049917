import type { Command } from 'commander';
import { policiesOf } from '../../remote/holder.ts';
import type { Role } from '../../remote/iam-shapes.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { fields } from '../../table.ts';
import { roleText } from './role-text.ts';

export function roleShow(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'show')
    .description('Show a role, who may assume it, and its policies.')
    .argument('<role>', 'name of the role')
    .action(
      answering(context, async ({ server, args: [RoleName = ''] }) => {
        const { Role } = await server.call<{ Role: Role }>('iam', 'GetRole', { RoleName });
        const { attached, inline } = await policiesOf(server, { kind: 'Role', name: RoleName });
        const more = fields([
          ['Policies', names(attached.map(({ PolicyName }) => PolicyName))],
          ['Inline', names(inline)],
        ]);
        const trust = JSON.stringify(Role.AssumeRolePolicyDocument, undefined, 2);
        return {
          json: { Role, AttachedPolicies: attached, PolicyNames: inline },
          text: `${roleText(Role)}\n${more}\nTrust policy:\n${trust}`,
        };
      }),
    );
}

const names = (all: readonly string[]): string => (all.length === 0 ? '-' : all.join(', '));
