import type { Command } from 'commander';
import type { Role, SessionCredentials } from '../../remote/iam-shapes.ts';
import { outputFileHelp, readGiven, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { sessionText } from '../../remote/session-text.ts';
import { type Tag, tagOption } from '../../remote/tags.ts';
import { seconds } from './create.ts';

interface Options {
  readonly session: string;
  readonly duration?: number;
  readonly externalId?: string;
  readonly policyFile?: string;
  readonly tag?: readonly Tag[];
  readonly outputFile?: string;
}

export function roleAssume(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'assume')
    .description('Begin a session of a role, and print it as variables: eval "$(cairn role assume NAME)"')
    .argument('<role>', 'name of a role of the account, or the ARN of any')
    .option('--session <name>', 'name of the session, which logs show', 'cairn-cli')
    .option('--duration <seconds>', 'how long it lasts', seconds)
    .option('--external-id <id>', 'what the trust policy may ask for')
    .option('--policy-file <file>', 'policy that narrows the session; - reads standard input')
    .option('--tag <key=value>', 'tag of the session; may be repeated', tagOption)
    .option('--output-file <file>', outputFileHelp)
    .action(
      answering<Options>(context, async ({ server, args: [role = ''], options }) => {
        requireNewFile(options.outputFile);
        const answer = await server.call<{ Credentials: SessionCredentials }>('sts', 'AssumeRole', {
          RoleArn: role.startsWith('arn:') ? role : await arnOf(role),
          RoleSessionName: options.session,
          DurationSeconds: options.duration,
          ExternalId: options.externalId,
          Policy: options.policyFile === undefined ? undefined : readGiven(options.policyFile),
          Tags: options.tag,
        });
        const result = { json: answer, text: sessionText(answer.Credentials) };
        return secretResult(result, { outputFile: options.outputFile, note: context.note });

        async function arnOf(RoleName: string): Promise<string> {
          const { Role } = await server.call<{ Role: Role }>('iam', 'GetRole', { RoleName });
          return Role.Arn;
        }
      }),
    );
}
