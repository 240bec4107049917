import type { Command } from 'commander';
import type { Policy } from '../../remote/iam-shapes.ts';
import { readGiven } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { type Tag, tagOption } from '../../remote/tags.ts';
import { policyText } from './policy-text.ts';

interface Options {
  readonly path?: string;
  readonly description?: string;
  readonly tag?: readonly Tag[];
  readonly file: string;
}

export function policyCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description('Make a policy, which can be attached to users, groups and roles.')
    .argument('<new-policy>', 'name of the policy')
    .requiredOption('--file <file>', 'the policy as JSON; - reads standard input')
    .option('--path <path>', 'path, such as /staff/')
    .option('--description <text>', 'what it is for; it cannot be changed')
    .option('--tag <key=value>', 'tag; may be repeated', tagOption)
    .action(
      answering<Options>(context, async ({ server, args: [PolicyName], options }) => {
        const { Policy } = await server.call<{ Policy: Policy }>('iam', 'CreatePolicy', {
          PolicyName,
          PolicyDocument: readGiven(options.file),
          Path: options.path,
          Description: options.description,
          Tags: options.tag,
        });
        return { json: Policy, text: policyText(Policy) };
      }),
    );
}
