import type { Command } from 'commander';
import type { SessionCredentials } from '../../remote/iam-shapes.ts';
import { outputFileHelp, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { sessionText } from '../../remote/session-text.ts';
import { seconds } from '../role/create.ts';

interface Options {
  readonly duration?: number;
  readonly outputFile?: string;
}

export function sessionCreate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'create')
    .description('Begin a session of your own user, and print it as variables: eval "$(cairn session create)"')
    .option('--duration <seconds>', 'how long it lasts: 900 to 129600', seconds)
    .option('--output-file <file>', outputFileHelp)
    .action(
      answering<Options>(context, async ({ server, options: { duration, outputFile } }) => {
        requireNewFile(outputFile);
        const parameters = { DurationSeconds: duration };
        const answer = await server.call<{ Credentials: SessionCredentials }>('sts', 'GetSessionToken', parameters);
        const result = { json: answer, text: sessionText(answer.Credentials) };
        return secretResult(result, { outputFile, note: context.note });
      }),
    );
}
