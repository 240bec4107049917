import { roles } from './processes/messages.ts';
import type { Composition } from './processes/server-composition.ts';

/**
 * The program: by its arguments the server, one of the server's own processes, or a command. Each loads only what it
 * needs. `composition` replaces engines and services as a whole, which only tests do.
 */
export async function main(args: readonly string[], composition?: Composition): Promise<void> {
  const [word, ...rest] = args;
  const composed = async () => composition ?? (await import('./processes/product-composition.ts')).productComposition;
  // Only a process that was forked has a channel: nobody gets these roles by typing their names.
  if (word === roles.worker && process.connected) {
    const { runWorker } = await import('./processes/worker.ts');
    return runWorker(await composed());
  }
  if (word === roles.background && process.connected) {
    const { runBackground } = await import('./processes/background.ts');
    return runBackground(await composed());
  }
  if (word === 'serve' && !rest.includes('--help') && !rest.includes('-h')) {
    const { spawnWorker } = await import('./processes/spawn.ts');
    const firstWorker = spawnWorker();
    const { runPrimary } = await import('./processes/primary.ts');
    return runPrimary(rest, firstWorker);
  }
  const { runOperatorCommand } = await import('./processes/command.ts');
  return runOperatorCommand(args);
}
