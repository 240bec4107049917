import type { Command } from 'commander';

export interface HolderOptions {
  readonly user?: string;
  readonly group?: string;
  readonly role?: string;
}

/** The options that say what a policy hangs on. */
export function withHolder(command: Command): Command {
  return command
    .option('--user <user>', 'name of the user')
    .option('--group <group>', 'name of the group')
    .option('--role <role>', 'name of the role');
}
