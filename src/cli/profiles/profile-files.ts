import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { usageFailure } from '../remote/server-error.ts';
import { type IniFile, type IniSection, readIni } from './ini.ts';
import type { Profile } from './profile.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where profiles stand. Files that are not there are empty. */
export interface ProfileFiles {
  readonly awsConfig: string;
  readonly awsCredentials: string;
  readonly cairn: string;
}

export function profileFilesOf(environment: Environment): ProfileFiles {
  const home = environment.HOME ?? environment.USERPROFILE ?? '.';
  const configuration = environment.XDG_CONFIG_HOME || join(home, '.config');
  return {
    awsConfig: environment.AWS_CONFIG_FILE || join(home, '.aws', 'config'),
    awsCredentials: environment.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials'),
    cairn: join(configuration, 'cairn', 'config.toml'),
  };
}

/** All profiles that there are, by name. */
export interface Profiles {
  readonly all: ReadonlyMap<string, Profile>;
  /** What `default_profile` of Cairn's own file says. */
  readonly defaultName: string | undefined;
}

/**
 * Reads the files. `warn` is told of files with secrets that others may read. Throws RemoteFailure for a file that is
 * none of its kind.
 */
export function readProfiles(files: ProfileFiles, warn: (text: string) => void): Profiles {
  const config = readFile(files.awsConfig, readIni, warn) ?? new Map();
  const credentials = readFile(files.awsCredentials, readIni, warn) ?? new Map();
  const own = readFile(files.cairn, readOwn, warn) ?? { profiles: new Map(), defaultName: undefined };
  const inConfig = new Map<string, IniSection>();
  for (const [section, settings] of config) {
    const name = section === 'default' ? section : /^profile (.+)$/.exec(section)?.[1];
    if (name !== undefined) inConfig.set(name, { ...inConfig.get(name), ...settings });
  }
  const all = new Map<string, Profile>();
  for (const name of new Set([...inConfig.keys(), ...credentials.keys(), ...own.profiles.keys()])) {
    const sources: (readonly [string, IniSection | undefined])[] = [
      [files.awsConfig, inConfig.get(name)],
      [files.awsCredentials, credentials.get(name)],
      [files.cairn, own.profiles.get(name)],
    ];
    // Secrets of ~/.aws/credentials win over those of ~/.aws/config, and Cairn's own file wins over both.
    const settings: IniSection = Object.assign({}, ...sources.map(([, given]) => given));
    const from = sources.filter(([, given]) => given !== undefined).map(([file]) => file);
    all.set(name, profileOf(name, { settings, from, config }));
  }
  return { all, defaultName: own.defaultName };
}

/** What AWS's tools follow and this one does not: a profile that relies on one is not half followed. */
const notFollowed = [
  'credential_process',
  'credential_source',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'mfa_serial',
  'login_session',
];

function profileOf(
  name: string,
  { settings, from, config }: { settings: IniSection; from: readonly string[]; config: IniFile },
): Profile {
  const { services } = settings;
  const ofServices = services === undefined ? undefined : config.get(`services ${services}`);
  const { duration_seconds: duration } = settings;
  return {
    name,
    from,
    endpoint: ofServices?.['iam.endpoint_url'] ?? settings.endpoint_url,
    region: settings.region,
    caFile: settings.ca_bundle,
    accessKeyId: settings.aws_access_key_id,
    secretAccessKey: settings.aws_secret_access_key,
    sessionToken: settings.aws_session_token,
    roleArn: settings.role_arn,
    sourceProfile: settings.source_profile,
    externalId: settings.external_id,
    roleSessionName: settings.role_session_name,
    durationSeconds: duration !== undefined && /^\d{1,6}$/.test(duration) ? Number(duration) : undefined,
    notFollowed: notFollowed.filter((setting) => settings[setting] !== undefined),
  };
}

/** What Cairn's own file calls its settings, and AWS's word for each. */
const ownNames: Readonly<Record<string, string>> = {
  endpoint: 'endpoint_url',
  region: 'region',
  ca_file: 'ca_bundle',
  access_key_id: 'aws_access_key_id',
  secret_access_key: 'aws_secret_access_key',
  session_token: 'aws_session_token',
  role_arn: 'role_arn',
  source_profile: 'source_profile',
  external_id: 'external_id',
  role_session_name: 'role_session_name',
  duration_seconds: 'duration_seconds',
};

interface OwnFile {
  readonly profiles: ReadonlyMap<string, IniSection>;
  readonly defaultName: string | undefined;
}

/** `default_profile = "home"`, and a table `[profiles.home]` for each. What is not known is an error: it is a misspelling. */
function readOwn(text: string): OwnFile {
  const { default_profile: defaultName, profiles = {}, ...rest } = parseToml(text);
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`${unknown} is no setting there`);
  if (defaultName !== undefined && typeof defaultName !== 'string') throw new Error('default_profile must be a name');
  if (typeof profiles !== 'object' || Array.isArray(profiles)) throw new Error('profiles must be tables');
  const read = new Map<string, IniSection>();
  for (const [name, table] of Object.entries(profiles)) {
    if (typeof table !== 'object' || Array.isArray(table)) throw new Error(`profiles.${name} must be a table`);
    const settings: Record<string, string> = {};
    for (const [setting, value] of Object.entries(table)) {
      const known = ownNames[setting];
      if (known === undefined) throw new Error(`profiles.${name}.${setting} is no setting`);
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw new Error(`profiles.${name}.${setting} must be text`);
      }
      settings[known] = String(value);
    }
    read.set(name, settings);
  }
  return { profiles: read, defaultName };
}

const othersMayRead = 0o077;

function readFile<T>(file: string, parse: (text: string) => T, warn: (text: string) => void): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw usageFailure(`${file} cannot be read: ${code}.`);
  }
  const { mode } = statSync(file);
  if (process.platform !== 'win32' && (mode & othersMayRead) !== 0 && /secret_access_key/i.test(text)) {
    warn(`warning: others may read ${file}, and it has secrets: chmod 600 ${file}`);
  }
  try {
    return parse(text);
  } catch (error) {
    throw usageFailure(`${file}: ${(error as Error).message.split('\n')[0]}.`);
  }
}
