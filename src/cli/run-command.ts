import { Command, CommanderError } from 'commander';
import { accountCreate } from './commands/account/create.ts';
import { accountDelete } from './commands/account/delete.ts';
import { accountList } from './commands/account/list.ts';
import { doctor } from './commands/doctor.ts';
import { keyCreate } from './commands/key/create.ts';
import { keyDelete } from './commands/key/delete.ts';
import { keyDisable } from './commands/key/disable.ts';
import { keyEnable } from './commands/key/enable.ts';
import { keyList } from './commands/key/list.ts';
import { scrub } from './commands/scrub.ts';
import { serve } from './commands/serve.ts';
import type { CommandContext } from './identity-commands.ts';
import type { InspectionContext } from './inspection.ts';

/** Runs one command and resolves to the exit code. Errors of the command itself are thrown. */
export async function runCommand(
  args: readonly string[],
  options: CommandContext & Omit<InspectionContext, 'exitWith'> & { version: string },
): Promise<number> {
  const program = new Command('cairn')
    .description('A self-hosted object store that speaks the S3 API.')
    .version(options.version, '--version')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  let exitCode = 0;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  serve(program);
  for (const add of [doctor, scrub]) add(program, { ...options, exitWith });
  const account = program.command('account').description('Accounts: the owners of buckets.');
  for (const add of [accountCreate, accountDelete, accountList]) add(account, options);
  const key = program.command('key').description('Access keys of accounts.');
  for (const add of [keyCreate, keyList, keyDisable, keyEnable, keyDelete]) add(key, options);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said what there is to say: help, the version, or what is wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}
