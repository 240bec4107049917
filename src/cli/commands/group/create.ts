import type { Command } from 'commander';
import type { Group } from '../../remote/iam-shapes.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { groupText } from './group-text.ts';

export function groupCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description('Make a group: its policies are those of its users.')
    .argument('<new-group>', 'name of the group')
    .option('--path <path>', 'path, such as /staff/')
    .action(
      answering<{ path?: string }>(context, async ({ server, args: [GroupName], options: { path } }) => {
        const { Group } = await server.call<{ Group: Group }>('iam', 'CreateGroup', { GroupName, Path: path });
        return { json: Group, text: groupText(Group) };
      }),
    );
}
