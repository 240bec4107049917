import type { Command } from 'commander';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { severalOf, type Tag, tagOption, tagText } from '../../remote/tags.ts';

interface Options {
  readonly set?: readonly Tag[];
  readonly remove?: readonly string[];
}

export function userTag(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'tag')
    .description('Set and remove tags of a user, and show those that it has then.')
    .argument('<user>', 'name of the user')
    .option('--set <key=value>', 'tag to set; may be repeated', tagOption)
    .option('--remove <key>', 'tag to remove; may be repeated', severalOf)
    .action(
      answering<Options>(context, async ({ server, args: [UserName], options: { set, remove } }) => {
        if (set) await server.call('iam', 'TagUser', { UserName, Tags: set });
        if (remove) await server.call('iam', 'UntagUser', { UserName, TagKeys: remove });
        const parameters = { UserName };
        const tags = await listed<Tag>(server, { action: 'ListUserTags', list: 'Tags', parameters });
        return { json: tags, text: tagText(tags) };
      }),
    );
}
