import type { Command } from 'commander';
import type { AccessKey, CreatedAccessKey } from '../../remote/iam-shapes.ts';
import { outputFileHelp, requireNewFile, secretResult } from '../../remote/secret-output.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { RemoteFailure } from '../../remote/server-error.ts';
import { keyPairText } from './key-text.ts';

interface Options {
  readonly user?: string;
  readonly outputFile?: string;
}

/** A user has no more keys than this. */
const mostKeys = 2;

export function keyRotate(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'rotate')
    .description('Make a second key beside the one of a user, and say how to take the first out of use.')
    .option('--user <user>', 'name of the user; yourself where none is named')
    .option('--output-file <file>', outputFileHelp)
    .action(
      answering<Options>(context, async ({ server, options: { user: UserName, outputFile } }) => {
        requireNewFile(outputFile);
        const parameters = { UserName };
        const keys = await listed<AccessKey>(server, {
          action: 'ListAccessKeys',
          list: 'AccessKeyMetadata',
          parameters,
        });
        if (keys.length >= mostKeys) {
          const candidate = keys.find(({ Status }) => Status === 'Inactive') ?? keys[0]!;
          throw new RemoteFailure(
            `There are ${keys.length} keys already. Delete the one that is not used: cairn key list, cairn key delete ${candidate.AccessKeyId}.`,
          );
        }
        const { AccessKey } = await server.call<{ AccessKey: CreatedAccessKey }>('iam', 'CreateAccessKey', parameters);
        const old = keys[0]?.AccessKeyId;
        if (old !== undefined) context.note(nextSteps(old));
        const result = { json: { AccessKey, Replaces: old ?? null }, text: keyPairText(AccessKey) };
        return secretResult(result, { outputFile, note: context.note });
      }),
    );
}

function nextSteps(old: string): string {
  return [
    'Both keys work now. To finish:',
    '  1. give the new key to whatever uses the old one',
    `  2. cairn key disable ${old}    (cairn key list says when it was used last)`,
    `  3. cairn key delete ${old}     once nothing has missed it; until then: cairn key enable ${old}`,
  ].join('\n');
}
