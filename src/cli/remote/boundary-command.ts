import type { Command } from 'commander';
import { type Holder, holderText, nameOf, policyArn } from './holder.ts';
import { answering, serverCommand } from './server-command.ts';
import type { ServerContext } from './server-context.ts';
import { usageFailure } from './server-error.ts';

/** `boundary`, which users and roles have alike. */
export function boundaryCommand(parent: Command, context: ServerContext, kind: 'User' | 'Role'): void {
  const noun = kind.toLowerCase();
  serverCommand(parent, 'boundary')
    .description(`Set the policy that bounds what a ${noun} may, or take it off.`)
    .argument(`<${noun}>`, `name of the ${noun}`)
    .argument('[policy]', 'ARN or name of the policy')
    .option('--remove', 'take the boundary off')
    .action(
      answering<{ remove?: boolean }>(context, async ({ server, args: [name = '', policy], options: { remove } }) => {
        if ((policy === undefined) === (remove === undefined)) throw usageFailure('Give either a policy or --remove.');
        const holder: Holder = { kind, name };
        if (policy === undefined) {
          await server.call('iam', `Delete${kind}PermissionsBoundary`, nameOf(holder));
          return { json: { ...nameOf(holder) }, text: `The ${holderText(holder)} has no boundary any more.` };
        }
        const PermissionsBoundary = await policyArn(server, policy);
        await server.call('iam', `Put${kind}PermissionsBoundary`, { ...nameOf(holder), PermissionsBoundary });
        return {
          json: { ...nameOf(holder), PermissionsBoundary },
          text: `The ${holderText(holder)} is bounded by ${PermissionsBoundary} now.`,
        };
      }),
    );
}
