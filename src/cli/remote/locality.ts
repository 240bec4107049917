import type { ServerContext, ServerOptions } from './server-context.ts';
import { usageFailure } from './server-error.ts';

export interface PlaceOptions extends ServerOptions {
  readonly account?: string | undefined;
  readonly data?: string | undefined;
}

/**
 * Whether a command that can do both works on the data directory of this machine. An option says it (--data and --account:
 * here; --endpoint and --profile: over the wire); else CAIRN_DATA does; else it goes over the wire where a server is named
 * by the environment or a profile.
 */
export function worksHere(options: PlaceOptions, { environment, namesServer }: ServerContext): boolean {
  const here = options.data !== undefined || options.account !== undefined;
  const there = options.endpoint !== undefined || options.profile !== undefined;
  if (here && there) {
    throw usageFailure(
      '--data and --account are for the data directory of this machine, --endpoint and --profile for a server.',
    );
  }
  return here || (!there && (Boolean(environment.CAIRN_DATA) || !namesServer(options)));
}

/** An option that the data directory has no use for, or the server. */
export function refuseOption(given: unknown, message: string): void {
  if (given !== undefined) throw usageFailure(message);
}
