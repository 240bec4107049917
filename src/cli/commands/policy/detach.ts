import type { Command } from 'commander';
import { holderText, nameOf, oneHolder, policyArn } from '../../remote/holder.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { type HolderOptions, withHolder } from './holder-options.ts';

export function policyDetach(parent: Command, context: ServerContext): void {
  withHolder(serverCommand(parent, 'detach'))
    .description('Detach a policy from a user, a group or a role.')
    .argument('<policy>', 'ARN or name of the policy')
    .action(
      answering<HolderOptions>(context, async ({ server, args: [name = ''], options }) => {
        const holder = oneHolder(options);
        const PolicyArn = await policyArn(server, name);
        await server.call('iam', `Detach${holder.kind}Policy`, { ...nameOf(holder), PolicyArn });
        return {
          json: { ...nameOf(holder), PolicyArn },
          text: `${PolicyArn} no longer hangs on the ${holderText(holder)} now.`,
        };
      }),
    );
}
