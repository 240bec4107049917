import { readFileSync } from 'node:fs';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { QueryConnection } from '../remote/query-client.ts';
import type { RemoteServer, ServerOptions } from '../remote/server-context.ts';
import { usageFailure } from '../remote/server-error.ts';
import type { Credentials } from '../remote/sign-request.ts';
import { type ChosenServer, chooseServer, endpointOf } from './choose-server.ts';
import { profileFilesOf, readProfiles } from './profile-files.ts';

interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  note(text: string): void;
}

/** Finds the server that is meant, becomes who is meant, runs `use`, and lets go of the connections. */
export async function connectTo<T>(
  options: ServerOptions,
  { environment, clock, random, note }: Surroundings,
  use: (server: RemoteServer) => Promise<T>,
): Promise<T> {
  const profiles = readProfiles(profileFilesOf(environment), note);
  const chosen = chooseServer(options, environment, profiles);
  const { endpoint, region, caFile } = chosen;
  const { timeoutMilliseconds } = options;
  const ca = caFile === undefined ? undefined : certificatesIn(caFile);
  const connection = new QueryConnection({ endpoint, region, ca, clock, random, timeoutMilliseconds });
  try {
    const credentials = await assumedRoles(connection, chosen, clock);
    return await use({ ...connection.client(credentials), region });
  } finally {
    connection.close();
  }
}

/** Whether something says which server is meant. Files that are broken say so when the server is asked. */
export function namesServer(options: ServerOptions, environment: Surroundings['environment']): boolean {
  if (options.endpoint !== undefined || environment.AWS_ENDPOINT_URL) return true;
  const { all, defaultName } = readProfiles(profileFilesOf(environment), () => undefined);
  const name = options.profile ?? (environment.AWS_PROFILE || undefined) ?? defaultName ?? 'default';
  return endpointOf(options, environment, all.get(name)) !== undefined;
}

function certificatesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageFailure(`The certificates ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

interface AssumedRole {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
  };
}

async function assumedRoles(connection: QueryConnection, chosen: ChosenServer, clock: Clock): Promise<Credentials> {
  let { credentials } = chosen;
  for (const { roleArn, sessionName, externalId, durationSeconds } of chosen.roles) {
    const { Credentials } = await connection.client(credentials).call<AssumedRole>('sts', 'AssumeRole', {
      RoleArn: roleArn,
      RoleSessionName: sessionName ?? `cairn-cli-${Math.trunc(clock.now() / 1000)}`,
      ExternalId: externalId,
      DurationSeconds: durationSeconds,
    });
    credentials = {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    };
  }
  return credentials;
}
