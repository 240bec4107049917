import type { Command } from 'commander';
import type { Role } from '../../remote/iam-shapes.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { trustOf } from './create.ts';

interface Options {
  readonly set?: string;
  readonly file?: string;
}

export function roleTrust(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'trust')
    .description('Show who may assume a role, or change it.')
    .argument('<role>', 'name of the role')
    .option('--set <principal>', 'only this one may from now on: an account, or the ARN of a user or role')
    .option('--file <file>', 'the trust policy from now on; - reads standard input')
    .action(
      answering<Options>(context, async ({ server, args: [RoleName = ''], options: { set, file } }) => {
        if (set !== undefined || file !== undefined) {
          const PolicyDocument = trustOf({ trust: set, trustFile: file });
          await server.call('iam', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument });
        }
        const { Role } = await server.call<{ Role: Role }>('iam', 'GetRole', { RoleName });
        const trust = Role.AssumeRolePolicyDocument;
        return { json: trust, text: JSON.stringify(trust, undefined, 2) };
      }),
    );
}
