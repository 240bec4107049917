import { Argument, type Command } from 'commander';
import { completionScripts, type Shell } from '../completion/scripts.ts';
import type { ServerContext } from '../remote/server-context.ts';

export function completion(parent: Command, { print }: ServerContext): void {
  parent
    .command('completion')
    .description('Print what lets a shell complete commands and names: eval "$(cairn completion bash)"')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(completionScripts)))
    .action((shell: Shell) => print(completionScripts[shell].trimEnd()));
}
