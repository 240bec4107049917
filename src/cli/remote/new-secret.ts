import { readGiven } from './secret-output.ts';
import type { ServerContext } from './server-context.ts';
import { RemoteFailure, usageFailure } from './server-error.ts';

/** A password that somebody types twice, or that comes on standard input; never an argument, which all can see. */
export async function newSecret(
  { terminal }: ServerContext,
  { what, fromStdin }: { readonly what: string; readonly fromStdin: boolean | undefined },
): Promise<string> {
  if (fromStdin) return readGiven('-').replace(/\r?\n$/, '');
  if (!terminal.isInteractive) throw usageFailure(`${what}: nobody can be asked here. Say --stdin.`);
  const secret = await terminal.askSecret(`${what}: `);
  if ((await terminal.askSecret('Once more: ')) === secret) return secret;
  throw new RemoteFailure('The two are not the same. Nothing was done.');
}
