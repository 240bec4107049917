import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTo, namesServer } from '../../../src/cli/profiles/connect.ts';
import type { Terminal } from '../../../src/cli/remote/server-context.ts';
import { runCommand } from '../../../src/cli/run-command.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { systemRandom } from '../../../src/foundation/random.ts';
import type { AccessKeyPair } from '../../../src/services/identity/identity-service.ts';
import type { TestServer } from '../../s3-server.ts';

export interface Ended {
  readonly code: number;
  readonly output: string;
  /** What it said beside. */
  readonly notes: string;
}

export interface RunOptions {
  readonly credentials?: AccessKeyPair | undefined;
  /** Beside the endpoint and the credentials. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What is answered to questions, in their order; nobody is there where left out. */
  readonly answers?: readonly string[];
  readonly width?: number;
}

/** The program's commands in this process, against a server in this process. */
export interface RemoteCommands {
  readonly home: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same by the root; what it printed with --json. Throws where it did not go well. */
  json<T>(...args: string[]): Promise<T>;
  /** A file in the home directory, and its path. */
  file(name: string, content: string | object): Promise<string>;
}

/** A test, or whatever else undoes things in the end. */
export interface Undoing {
  after(undo: () => Promise<void>): void;
}

export async function remoteCommands(t: Undoing, server: TestServer): Promise<RemoteCommands> {
  const home = await mkdtemp(join(tmpdir(), 'cairn-cli-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { credentials = server.root } = options;
    const environment = {
      HOME: home,
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...options.environment,
    };
    const output: string[] = [];
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    const surroundings = { environment, clock: systemClock, random: systemRandom(), note };
    const context = {
      version: '0',
      print: (text: string) => void output.push(text),
      note,
      environment,
      clock: systemClock,
      terminal: scriptedTerminal(options),
      namesServer: (named: object) => namesServer(named, environment),
      withServer: (named: object, use: never) => connectTo(named, surroundings, use),
    };
    // What works on data directories is not there: no command of these tests asks for it.
    const code = await runCommand(args, context as unknown as Parameters<typeof runCommand>[1]);
    return { code, output: output.join('\n'), notes: notes.join('\n') };
  }
  return {
    home,
    run,
    async json<T>(...args: string[]) {
      const { code, output, notes } = await run([...args, '--json']);
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${notes}`);
      return JSON.parse(output) as T;
    },
    async file(name, content) {
      const path = join(home, name);
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
      return path;
    },
  };
}

function scriptedTerminal({ answers, width }: RunOptions): Terminal {
  const left = [...(answers ?? [])];
  const next = async (question: string) => {
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nobody answers: ${question}`);
    return answer;
  };
  return { width, isInteractive: answers !== undefined, ask: next, askSecret: next };
}
