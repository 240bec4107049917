import type { Command } from 'commander';
import { holderText, nameOf, oneHolder } from '../../remote/holder.ts';
import { readGiven } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { type HolderOptions, withHolder } from './holder-options.ts';

interface Options extends HolderOptions {
  readonly file?: string;
  readonly remove?: boolean;
}

export function policyPutInline(parent: Command, context: ServerContext): void {
  withHolder(serverCommand(parent, 'put-inline'))
    .description('Give a user, a group or a role a policy of its own, which goes with it; or take it off.')
    .argument('<name>', 'name of the policy within it')
    .option('--file <file>', 'the policy as JSON; - reads standard input')
    .option('--remove', 'take it off')
    .action(
      answering<Options>(context, async ({ server, args: [PolicyName], options }) => {
        const holder = oneHolder(options);
        const { file, remove } = options;
        if ((file === undefined) === (remove === undefined)) throw usageFailure('Give either --file or --remove.');
        const named = { ...nameOf(holder), PolicyName };
        if (file === undefined) {
          await server.call('iam', `Delete${holder.kind}Policy`, named);
          return { json: named, text: `The ${holderText(holder)} has no policy ${PolicyName} any more.` };
        }
        await server.call('iam', `Put${holder.kind}Policy`, { ...named, PolicyDocument: readGiven(file) });
        return { json: named, text: `The ${holderText(holder)} has the policy ${PolicyName} now.` };
      }),
    );
}
