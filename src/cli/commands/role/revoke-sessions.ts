import type { Command } from 'commander';
import { answering, confirmed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function roleRevokeSessions(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'revoke-sessions')
    .description('End all sessions of a role that were begun until now.')
    .argument('<role>', 'name of the role')
    .option('--yes', 'do not ask')
    .action(
      answering<{ yes?: boolean }>(context, async ({ server, args: [RoleName], options: { yes } }) => {
        await confirmed(context, { question: `End all sessions of the role ${RoleName}?`, yes });
        await server.call('cairn', 'RevokeSessions', { RoleName });
        return { json: { RoleName }, text: `All sessions of the role ${RoleName} are over.` };
      }),
    );
}
