import type { ServerOptions } from '../remote/server-context.ts';
import { usageFailure } from '../remote/server-error.ts';
import type { Credentials } from '../remote/sign-request.ts';
import type { Profile } from './profile.ts';
import type { Profiles } from './profile-files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A role that is to be assumed before anything else is asked. */
export interface RoleToAssume {
  readonly roleArn: string;
  readonly sessionName: string | undefined;
  readonly externalId: string | undefined;
  readonly durationSeconds: number | undefined;
}

export interface ChosenServer {
  /** Undefined where none is given at all, not by name and not by default. */
  readonly profile: string | undefined;
  readonly endpoint: string;
  readonly region: string;
  readonly caFile: string | undefined;
  /** Where the credentials are from, in words. */
  readonly source: string;
  readonly credentials: Credentials;
  /** In the order in which they are assumed: each with the credentials of the one before. */
  readonly roles: readonly RoleToAssume[];
}

const longestChain = 8;

/**
 * Which server, and as whom, in the order of AWS's own command line: options, then environment, then profile. A profile
 * that is named as an option wins over keys in the environment; `AWS_PROFILE` does not. There is no endpoint by default:
 * the keys of a store at home are nothing to send to AWS. Throws RemoteFailure where something is missing.
 */
export function chooseServer(options: ServerOptions, environment: Environment, profiles: Profiles): ChosenServer {
  const name = options.profile ?? (environment.AWS_PROFILE || undefined) ?? profiles.defaultName ?? 'default';
  const profile = profiles.all.get(name);
  if (profile === undefined && (options.profile !== undefined || environment.AWS_PROFILE || profiles.defaultName)) {
    throw usageFailure(`There is no profile ${name}: see cairn profile list.`);
  }
  const endpoint = endpointOf(options, environment, profile);
  if (endpoint === undefined) {
    throw usageFailure(
      'No server is named: give --endpoint, set AWS_ENDPOINT_URL, or write endpoint_url into a profile of ~/.aws/config.',
    );
  }
  return {
    profile: profile?.name,
    endpoint,
    region:
      options.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || profile?.region || 'us-east-1'),
    caFile: options.caFile ?? (environment.AWS_CA_BUNDLE || profile?.caFile),
    ...credentialsOf(options, { environment, profile, profiles }),
  };
}

/** Undefined where nothing says it. */
export function endpointOf(
  options: ServerOptions,
  environment: Environment,
  profile: Profile | undefined,
): string | undefined {
  const fromEnvironment =
    environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true' ? undefined : environment.AWS_ENDPOINT_URL;
  return options.endpoint ?? (fromEnvironment || profile?.endpoint);
}

type Chosen = Pick<ChosenServer, 'credentials' | 'roles' | 'source'>;

function credentialsOf(
  options: ServerOptions,
  { environment, profile, profiles }: { environment: Environment; profile: Profile | undefined; profiles: Profiles },
): Chosen {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (options.profile === undefined && accessKeyId) {
    if (!secretAccessKey) throw usageFailure('AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.');
    const sessionToken = environment.AWS_SESSION_TOKEN || undefined;
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, roles: [], source: 'environment' };
  }
  if (profile !== undefined) return ofProfile(profile, profiles, []);
  throw usageFailure(
    'There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has them.',
  );
}

/** Follows `source_profile`; a profile may name itself, and is its own keys then. */
function ofProfile(profile: Profile, profiles: Profiles, seen: readonly string[]): Chosen {
  const { name, roleArn, sourceProfile } = profile;
  if (roleArn === undefined || seen.at(-1) === name) return keysOf(profile);
  const reliedOn = profile.notFollowed[0];
  if (reliedOn !== undefined)
    throw usageFailure(`The profile ${name} relies on ${reliedOn}, which is not followed here.`);
  if (sourceProfile === undefined) throw usageFailure(`The profile ${name} has role_arn, but no source_profile.`);
  if (seen.includes(name) || seen.length === longestChain) {
    throw usageFailure(`The profiles ${[...seen, name].join(', ')} lead back to themselves.`);
  }
  const source = profiles.all.get(sourceProfile);
  if (source === undefined) throw usageFailure(`The profile ${name} names ${sourceProfile}, which is not there.`);
  const chosen = ofProfile(source, profiles, [...seen, name]);
  const role = {
    roleArn,
    sessionName: profile.roleSessionName,
    externalId: profile.externalId,
    durationSeconds: profile.durationSeconds,
  };
  return { ...chosen, roles: [...chosen.roles, role], source: `${chosen.source}, then role ${roleArn}` };
}

function keysOf({ name, accessKeyId, secretAccessKey, sessionToken, notFollowed }: Profile): Chosen {
  if (accessKeyId && secretAccessKey) {
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, roles: [], source: `profile ${name}` };
  }
  const reliedOn = notFollowed[0];
  throw usageFailure(
    reliedOn === undefined
      ? `The profile ${name} has no aws_access_key_id and aws_secret_access_key.`
      : `The profile ${name} relies on ${reliedOn}, which is not followed here.`,
  );
}
