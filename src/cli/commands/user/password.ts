import type { Command } from 'commander';
import { newSecret } from '../../remote/new-secret.ts';
import { answering, serverCommand } from '../../remote/server-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';
import { hasPassword } from './removals.ts';

interface Options {
  readonly remove?: boolean;
  readonly stdin?: boolean;
  readonly resetRequired?: boolean;
}

export function userPassword(parent: Command, context: ServerContext): void {
  serverCommand(parent, 'password')
    .description('Set the password of a user for the console: asked for, or read from standard input.')
    .argument('<user>', 'name of the user')
    .option('--stdin', 'read it from standard input')
    .option('--reset-required', 'let the user choose another when it is used first')
    .option('--remove', 'take the password away')
    .action(
      answering<Options>(context, async ({ server, args: [UserName = ''], options }) => {
        if (options.remove) {
          await server.call('iam', 'DeleteLoginProfile', { UserName });
          return { json: { UserName, Password: 'removed' }, text: `${UserName} has no password any more.` };
        }
        const exists = await hasPassword(server, UserName);
        const Password = await newSecret(context, { what: `Password for ${UserName}`, fromStdin: options.stdin });
        const PasswordResetRequired = options.resetRequired ?? (exists ? undefined : false);
        const action = exists ? 'UpdateLoginProfile' : 'CreateLoginProfile';
        await server.call('iam', action, { UserName, Password, PasswordResetRequired });
        return { json: { UserName, Password: 'set' }, text: `${UserName} has a new password.` };
      }),
    );
}
