import type { Command } from 'commander';
import { policyArn } from '../../remote/holder.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function policySetDefault(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'set-default')
    .description('Put another version of a policy in force.')
    .argument('<policy>', 'ARN or name of the policy')
    .argument('<version>', 'version, such as v2')
    .action(
      answering(context, async ({ server, args: [name = '', VersionId] }) => {
        const PolicyArn = await policyArn(server, name);
        await server.call('iam', 'SetDefaultPolicyVersion', { PolicyArn, VersionId });
        return { json: { PolicyArn, VersionId }, text: `${VersionId} of ${PolicyArn} is in force now.` };
      }),
    );
}
