import type { Command } from 'commander';
import type { RemoteServer, ServerContext, ServerOptions } from './server-context.ts';
import { RemoteFailure, usageFailure } from './server-error.ts';

/** What a command has to say: as data, by AWS's names, and for people. */
export interface CommandResult {
  readonly json: unknown;
  readonly text: string;
}

export type CommonOptions = ServerOptions & { readonly json?: boolean | undefined };

/** A command that speaks with a server: with the options that say which. */
export function serverCommand(parent: Command, name: string): Command {
  return withServerOptions(parent.command(name).option('--json', 'print JSON, with the names that AWS has'));
}

export function withServerOptions(command: Command): Command {
  return command
    .option('--profile <profile>', 'profile to use (AWS_PROFILE; else default)')
    .option('--endpoint <url>', 'address of the server (AWS_ENDPOINT_URL, or the profile says it)')
    .option('--region <region>', 'region of the server (AWS_REGION; else us-east-1)')
    .option('--ca-file <file>', 'certificates to trust, in PEM (AWS_CA_BUNDLE)');
}

type Body<O> = (given: {
  readonly server: RemoteServer;
  /** The arguments, in the order in which they are declared; those left out are undefined. */
  readonly args: readonly string[];
  readonly options: O;
}) => Promise<CommandResult>;

/** The action of a command, for commander: connects, runs `body`, prints what it has to say. */
export function answering<O extends object = object>(
  context: ServerContext,
  body: Body<O & CommonOptions>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // commander hands over the arguments, then the options, then the command.
    const options = given.at(-2) as O & CommonOptions;
    const args = given.slice(0, -2) as string[];
    const result = await context.withServer(options, (server) => body({ server, args, options }));
    if (options.json) context.print(JSON.stringify(result.json, undefined, 2));
    else if (result.text !== '') context.print(result.text);
  };
}

/** All of a list that comes in pages. */
export async function listed<T>(
  server: RemoteServer,
  {
    service = 'iam',
    action,
    list,
    parameters,
  }: {
    readonly service?: 'iam' | 'cairn';
    readonly action: string;
    /** The field of the answers that has the entries. */
    readonly list: string;
    readonly parameters?: Parameters<RemoteServer['call']>[2];
  },
): Promise<T[]> {
  const all: T[] = [];
  for await (const page of server.pages<Record<string, readonly T[] | undefined>>(service, action, parameters)) {
    all.push(...(page[list] ?? []));
  }
  return all;
}

/** Asks before something is done that cannot be undone. Rejects where nobody can be asked, and where the answer is no. */
export async function confirmed(
  { terminal, note }: ServerContext,
  {
    question,
    details,
    yes,
  }: { readonly question: string; readonly details?: string; readonly yes?: boolean | undefined },
): Promise<void> {
  if (details) note(details);
  if (yes) return;
  if (!terminal.isInteractive) throw usageFailure(`${question} Nobody can be asked here: say --yes.`);
  if (!/^y(es)?$/i.test((await terminal.ask(`${question} [y/N] `)).trim())) {
    throw new RemoteFailure('Nothing was done.');
  }
}

/** Text in which only words that need it stand in quotes, for a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
