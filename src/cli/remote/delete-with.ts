import type { Command } from 'commander';
import type { Removal } from './holder.ts';
import { type CommandResult, confirmed } from './server-command.ts';
import type { ServerContext } from './server-context.ts';
import { RemoteFailure, ServerError } from './server-error.ts';

export interface DeleteOptions {
  readonly recursive?: boolean;
  readonly yes?: boolean;
}

/** The options of a command that may take off what hangs on a thing. */
export function deletion(command: Command): Command {
  return command
    .option('--recursive', 'take off what hangs on it first, after telling what that is')
    .option('--yes', 'do not ask');
}

/** Deletes a thing; if it is to be, what hangs on it before, told and agreed to. */
export async function deleteWith(
  context: ServerContext,
  { recursive, yes }: DeleteOptions,
  thing: {
    /** `the user ada`. */
    readonly what: string;
    removals(): Promise<readonly Removal[]>;
    remove(): Promise<unknown>;
  },
): Promise<CommandResult> {
  const removed: string[] = [];
  if (recursive) {
    const removals = await thing.removals();
    const details = removals.map(({ what }) => `  ${what}`).join('\n');
    const question = `Delete ${thing.what}${removals.length === 0 ? '' : ' and what hangs on it'}?`;
    await confirmed(context, { question, details, yes });
    for (const { what, remove } of removals) {
      try {
        await remove();
        removed.push(what);
      } catch (error) {
        // Somebody else was faster.
        if (!(error instanceof ServerError && error.code === 'NoSuchEntity')) throw error;
      }
    }
  }
  try {
    await thing.remove();
  } catch (error) {
    if (!(error instanceof ServerError && error.code === 'DeleteConflict') || recursive) throw error;
    throw new RemoteFailure(`${error.line} To take all of it off first: --recursive.`, { cause: error });
  }
  return { json: { Deleted: thing.what, Removed: removed }, text: `Deleted ${thing.what}.` };
}
