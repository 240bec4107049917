import type { Command } from 'commander';
import { policyArn } from '../../remote/holder.ts';
import type { User } from '../../remote/iam-shapes.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { type Tag, tagOption } from '../../remote/tags.ts';
import { userText } from './user-text.ts';

interface Options {
  readonly path?: string;
  readonly tag?: readonly Tag[];
  readonly boundary?: string;
}

export function userCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description('Make a user. It may nothing until policies say so.')
    .argument('<new-user>', 'name of the user')
    .option('--path <path>', 'path, such as /staff/')
    .option('--tag <key=value>', 'tag; may be repeated', tagOption)
    .option('--boundary <policy>', 'policy that bounds what the user may')
    .action(
      answering<Options>(context, async ({ server, args: [UserName], options: { path, tag, boundary } }) => {
        const { User } = await server.call<{ User: User }>('iam', 'CreateUser', {
          UserName,
          Path: path,
          Tags: tag,
          PermissionsBoundary: boundary === undefined ? undefined : await policyArn(server, boundary),
        });
        return { json: User, text: userText(User) };
      }),
    );
}
