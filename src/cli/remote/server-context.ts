import type { Clock } from '../../foundation/clock.ts';
import type { QueryClient } from './query-client.ts';

/** How the server is found; see `profiles/`. */
export interface ServerOptions {
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly caFile?: string | undefined;
  /** For each call; a minute where left out. */
  readonly timeoutMilliseconds?: number | undefined;
}

/** A server, as whoever the profile names. */
export interface RemoteServer extends QueryClient {
  readonly region: string;
}

/** Who sits before the program. */
export interface Terminal {
  /** Characters in a line; undefined where the output goes to a file or a program. */
  readonly width: number | undefined;
  /** Whether somebody can be asked. */
  readonly isInteractive: boolean;
  ask(question: string): Promise<string>;
  /** The same, and what is typed is not shown. */
  askSecret(question: string): Promise<string>;
}

/** What commands that speak with a server use, and how they speak. */
export interface ServerContext {
  /** Connects, runs `use`, lets go. Rejects with RemoteFailure where no server is named. */
  withServer<T>(options: ServerOptions, use: (server: RemoteServer) => Promise<T>): Promise<T>;
  /** Whether an option, the environment or a profile says which server is meant. */
  namesServer(options: ServerOptions): boolean;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** The environment's variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  /** What is not part of what the command prints. */
  note(text: string): void;
}
