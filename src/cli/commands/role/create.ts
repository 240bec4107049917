import { type Command, InvalidArgumentError } from 'commander';
import { policyArn } from '../../remote/holder.ts';
import type { Role } from '../../remote/iam-shapes.ts';
import { readGiven } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { type Tag, tagOption } from '../../remote/tags.ts';
import { roleText } from './role-text.ts';
import { trustFor } from './trust-for.ts';

interface Options {
  readonly trust?: string;
  readonly trustFile?: string;
  readonly path?: string;
  readonly description?: string;
  readonly maxSession?: number;
  readonly tag?: readonly Tag[];
  readonly boundary?: string;
}

export function roleCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description('Make a role, which those whom its trust policy names may assume.')
    .argument('<new-role>', 'name of the role')
    .option('--trust <principal>', 'who may assume it: an account, or the ARN of a user or role')
    .option('--trust-file <file>', 'trust policy; - reads standard input')
    .option('--path <path>', 'path, such as /staff/')
    .option('--description <text>', 'what it is for')
    .option('--max-session <seconds>', 'how long sessions may last: 3600 to 43200', seconds)
    .option('--tag <key=value>', 'tag; may be repeated', tagOption)
    .option('--boundary <policy>', 'policy that bounds what the role may')
    .action(
      answering<Options>(context, async ({ server, args: [RoleName], options }) => {
        const { boundary } = options;
        const { Role } = await server.call<{ Role: Role }>('iam', 'CreateRole', {
          RoleName,
          AssumeRolePolicyDocument: trustOf(options),
          Path: options.path,
          Description: options.description,
          MaxSessionDuration: options.maxSession,
          Tags: options.tag,
          PermissionsBoundary: boundary === undefined ? undefined : await policyArn(server, boundary),
        });
        return { json: Role, text: roleText(Role) };
      }),
    );
}

/** A policy from a file, or the one that trusts one principal. */
export function trustOf({ trust, trustFile }: Pick<Options, 'trust' | 'trustFile'>): string {
  if ((trust === undefined) === (trustFile === undefined)) throw usageFailure('Give either --trust or --trust-file.');
  return trust === undefined ? readGiven(trustFile!) : trustFor(trust);
}

export function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(text);
}
