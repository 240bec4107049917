import type { Command } from 'commander';
import { policyArn } from '../../remote/holder.ts';
import type { Policy, PolicyVersion } from '../../remote/iam-shapes.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { policyText } from './policy-text.ts';

export function policyShow(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'show')
    .description('Show a policy and what it says.')
    .argument('<policy>', 'ARN or name of the policy')
    .option('--version-id <version>', 'this version, such as v2; else the default one')
    .action(
      answering<{ versionId?: string }>(context, async ({ server, args: [name = ''], options: { versionId } }) => {
        const PolicyArn = await policyArn(server, name);
        const { Policy } = await server.call<{ Policy: Policy }>('iam', 'GetPolicy', { PolicyArn });
        const { PolicyVersion } = await server.call<{ PolicyVersion: PolicyVersion }>('iam', 'GetPolicyVersion', {
          PolicyArn,
          VersionId: versionId ?? Policy.DefaultVersionId,
        });
        const document = JSON.stringify(PolicyVersion.Document, undefined, 2);
        return {
          json: { Policy, PolicyVersion },
          text: `${policyText(Policy)}\nVersion ${PolicyVersion.VersionId}:\n${document}`,
        };
      }),
    );
}
