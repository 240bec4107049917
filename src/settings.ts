import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  type GroupRole,
  isDirectoryFilter,
  parseGroupRoles,
} from './services/identity/directory-identity/directory-settings.ts';

/** One thing an operator can set. `parse` gives undefined for a value that is not allowed. */
export interface Setting<T> {
  readonly group: SettingGroup;
  readonly doc: string;
  /** Completes the sentence "… is not allowed: it must be …". */
  readonly allowed: string;
  /** The default in the words of a value, or undefined where there is none. */
  readonly fallback: string | undefined;
  /** Shown in place of the default where the default depends on the machine. */
  readonly fallbackDoc?: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
  /** It names the configuration file, hence cannot stand in it. */
  readonly notInFile?: boolean;
  parse(text: string): T | undefined;
}

export const settingGroups = [
  'Storage',
  'Network',
  'S3',
  'Encryption',
  'Credentials',
  'Identity',
  'Limits',
  'Observation',
] as const;
export type SettingGroup = (typeof settingGroups)[number];

type Declaration = Omit<Setting<unknown>, 'parse' | 'allowed' | 'fallback'> & { readonly fallback?: string };

function choice<const T extends string>(options: readonly T[], declaration: Declaration & { fallback: T }): Setting<T> {
  return {
    ...declaration,
    allowed: `one of ${options.join(', ')}`,
    parse: (text) => options.find((option) => option === text),
  };
}

function onOff(declaration: Declaration & { fallback: 'on' | 'off' }): Setting<boolean> {
  const inner = choice(['on', 'off'], declaration);
  return {
    ...inner,
    parse: (text) => {
      const value = inner.parse(text);
      return value === undefined ? undefined : value === 'on';
    },
  };
}

function integer(range: { min: number; max: number }, declaration: Declaration): Setting<number> {
  const { min, max } = range;
  return {
    ...declaration,
    fallback: declaration.fallback,
    allowed: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

function text<T extends string | undefined>(
  rule: { pattern: RegExp; allowed: string },
  declaration: Declaration,
): Setting<T> {
  const { pattern, allowed } = rule;
  return {
    ...declaration,
    fallback: declaration.fallback,
    allowed,
    parse: (value) => (pattern.test(value) ? (value as T) : undefined),
  };
}

function path<T extends string | undefined>(declaration: Declaration): Setting<T> {
  return {
    ...declaration,
    fallback: declaration.fallback,
    allowed: 'a path',
    parse: (value) => (value === '' || value.includes('\0') ? undefined : (resolve(value) as T)),
  };
}

function directoryFilter(mark: RegExp, declaration: Declaration & { fallback: string }): Setting<string> {
  return {
    ...declaration,
    allowed: `a filter of LDAP in parentheses, with ${mark.source} in it`,
    parse: (value) => (isDirectoryFilter(value, mark) ? value : undefined),
  };
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const domainPattern = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;
const mebibyte = 1024 * 1024;

/**
 * Every setting, under the name it has in code. The other names follow from it: `maxHeaderBytes` is `--max-header-bytes`,
 * `CAIRN_MAX_HEADER_BYTES`, and `max-header-bytes` in a configuration file.
 */
export const settingTable = {
  config: path<string | undefined>({
    group: 'Storage',
    doc: 'A configuration file in TOML. Flags win over the environment, the environment over this file.',
    notInFile: true,
  }),
  data: path<string>({
    group: 'Storage',
    doc: 'The directory that holds everything: metadata, bytes, keys. Made at the first start, readable by its owner only.',
    fallback: './data',
  }),
  sync: choice(['durable', 'relaxed'], {
    group: 'Storage',
    doc: 'durable: an answered write survives a power cut. relaxed: it survives a crash of the server only; after a power cut the whole store may be unreadable.',
    fallback: 'durable',
  }),
  inlineBytes: integer(
    { min: 0, max: mebibyte },
    {
      group: 'Storage',
      doc: 'Objects up to this size are stored beside their metadata, larger ones as a file.',
      fallback: '65536',
    },
  ),
  directIo: onOff({
    group: 'Storage',
    doc: "Write large objects past the system's page cache, and read them so while they are seldom read. Turn it off where uploads are read at once and the disk is slow.",
    fallback: 'on',
  }),
  coldData: path<string | undefined>({
    group: 'Storage',
    doc: 'A second directory, on another disk or a network mount, for the bytes of objects in the storage classes STANDARD_IA, ONEZONE_IA, GLACIER_IR, GLACIER and DEEP_ARCHIVE. Objects put or moved into the last two then need RestoreObject before they are read. Without it classes are only names.',
  }),
  inventoryDaySeconds: integer(
    { min: 1, max: 86400 },
    {
      group: 'Storage',
      doc: 'How long a day lasts for lists of objects (inventories). Shorter than a day only for tests.',
      fallback: '86400',
    },
  ),
  lifecycleDaySeconds: integer(
    { min: 1, max: 86400 },
    {
      group: 'Storage',
      doc: 'How long a day of a lifecycle rule, or of a restore, lasts. Shorter than a day only for tests: the dates that answers tell stay those of whole days.',
      fallback: '86400',
    },
  ),
  replicationBytesPerSecond: integer(
    { min: 0, max: 1_000_000_000_000 },
    {
      group: 'Storage',
      doc: 'How fast replication may send, in bytes a second to all other stores together. 0 sets no limit.',
      fallback: '0',
    },
  ),
  reclaimGraceSeconds: integer(
    { min: 0, max: 604800 },
    {
      group: 'Storage',
      doc: 'How long replaced and deleted bytes stay for those who began to read them.',
      fallback: '300',
    },
  ),
  host: {
    group: 'Network',
    doc: 'The address to listen on. Empty, 0.0.0.0 or :: means all interfaces.',
    fallback: '',
    fallbackDoc: 'all interfaces',
    allowed: 'an IP address, a host name, or empty for all interfaces',
    parse: (value) => (value === '' || isIP(value) !== 0 || domainPattern.test(value) ? value : undefined),
  } satisfies Setting<string> as Setting<string>,
  port: integer(
    { min: 0, max: 65535 },
    { group: 'Network', doc: 'The port of the S3 API. 0 takes a free one.', fallback: '9000' },
  ),
  workers: integer(
    { min: 1, max: 512 },
    {
      group: 'Network',
      doc: 'Number of processes that serve requests.',
      fallback: String(Math.min(512, availableParallelism())),
      fallbackDoc: 'one a core',
    },
  ),
  tlsCert: path<string | undefined>({
    group: 'Network',
    doc: 'Certificate chain (PEM). With --tls-key the port speaks HTTPS; changed files are taken up without a restart.',
  }),
  tlsKey: path<string | undefined>({ group: 'Network', doc: 'Private key (PEM) of the certificate.' }),
  trustedProxies: {
    group: 'Network',
    doc: 'Addresses and networks of reverse proxies, comma-separated (10.0.0.0/8). Their X-Forwarded-For and X-Forwarded-Proto say who the client is; those of others are ignored.',
    fallback: '',
    fallbackDoc: 'none',
    allowed: 'IP addresses or networks in CIDR form, separated by commas',
    parse: (value) => {
      const networks = value
        .split(',')
        .map((network) => network.trim())
        .filter((network) => network !== '');
      return networks.every(isNetwork) ? networks : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  outboundAllow: {
    group: 'Network',
    doc: 'Networks, comma-separated, that this server may connect to because somebody configured it (event targets, replication, key services, identity providers) although they are not public: loopback, private, link-local. 10.0.0.0/8,fd00::/8.',
    fallback: '',
    fallbackDoc: 'public addresses only',
    allowed: 'IP addresses or networks in CIDR form, separated by commas',
    parse: (value) => {
      const networks = value
        .split(',')
        .map((network) => network.trim())
        .filter((network) => network !== '');
      return networks.every(isNetwork) ? networks : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  drainSeconds: integer(
    { min: 0, max: 3600 },
    { group: 'Network', doc: 'How long a stop waits for requests in flight.', fallback: '10' },
  ),
  region: text<string>(
    { pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, allowed: 'lower-case letters, digits and hyphens' },
    { group: 'S3', doc: 'The region that clients sign for and that buckets report.', fallback: 'us-east-1' },
  ),
  domains: {
    group: 'S3',
    doc: 'Host names, comma-separated, under which a bucket may be the first label: with s3.example.com, my-bucket.s3.example.com.',
    fallback: '',
    fallbackDoc: 'none',
    allowed: 'host names separated by commas',
    parse: (value) => {
      const names = value
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '');
      return names.every((name) => domainPattern.test(name)) ? names : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  websiteDomains: {
    group: 'S3',
    doc: 'Host names, comma-separated, that serve buckets as websites. With web.example.com, my-bucket.web.example.com is the website of my-bucket, and web.example.com that of the bucket web.example.com. =www.example.com is the website of the bucket www.example.com and says nothing of names below it. A host that is not listed is never a website, whatever buckets are called; of several that fit, the longest counts, those of --domains first.',
    fallback: '',
    fallbackDoc: 'none',
    allowed: 'host names separated by commas, each with = before it or without',
    parse: (value) => {
      const names = value
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '');
      return names.every((name) => domainPattern.test(name.replace(/^=/, ''))) ? names : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  newBuckets: choice(['classic', 'strict'], {
    group: 'S3',
    doc: 'How open a new bucket is. classic: private, with ACLs that can open it, as on S3 before April 2023. strict: ACLs off and all public access blocked, as on S3 since.',
    fallback: 'classic',
  }),
  defaultEncryption: choice(['none', 'SSE-S3'], {
    group: 'Encryption',
    doc: 'How a new bucket encrypts what comes without a word about it: none, or SSE-S3 (AES-256 with keys of this server), as on S3. PutBucketEncryption changes it for a bucket.',
    fallback: 'none',
  }),
  sseCOverHttp: onOff({
    group: 'Encryption',
    doc: 'Take keys of customers (SSE-C) from requests that come without TLS. Whoever listens on the way then has them.',
    fallback: 'off',
  }),
  vaultAddress: text<string | undefined>(
    { pattern: /^https?:\/\/[^\s/]+$/, allowed: 'a URL without a path, such as https://vault.example.com:8200' },
    {
      group: 'Encryption',
      doc: 'A HashiCorp Vault or OpenBao whose transit secrets engine keeps the keys of SSE-KMS. Without it they are in the metadata, sealed under master.key.',
    },
  ),
  vaultToken: text<string | undefined>(
    { pattern: /^[\x21-\x7e]{1,1024}$/, allowed: '1 to 1024 printable ASCII characters without spaces' },
    {
      group: 'Encryption',
      doc: 'Token for the vault. The operations guide has the policy that it needs.',
      secret: true,
    },
  ),
  vaultMount: text<string>(
    { pattern: /^[A-Za-z0-9_/.-]{1,128}$/, allowed: 'letters, digits, slashes, dots, hyphens and underscores' },
    { group: 'Encryption', doc: 'Where the transit secrets engine is mounted.', fallback: 'transit' },
  ),
  vaultNamespace: text<string | undefined>(
    { pattern: /^[\x21-\x7e]{1,256}$/, allowed: 'printable ASCII characters without spaces' },
    { group: 'Encryption', doc: 'The namespace of the vault, where it has namespaces.' },
  ),
  vaultCaFile: path<string | undefined>({
    group: 'Encryption',
    doc: "A file with the authorities (PEM) that the vault's certificate may be of, in place of the usual ones.",
  }),
  sigv2: onOff({
    group: 'S3',

    doc: 'Accept signatures of version 2, which old clients make. They are weak.',
    fallback: 'off',
  }),
  rootAccessKey: text<string | undefined>(
    { pattern: /^[A-Za-z0-9_.-]{3,128}$/, allowed: '3 to 128 letters, digits, dots, hyphens and underscores' },
    {
      group: 'Credentials',
      doc: 'Access key of the root account. Without it the first start makes one and keeps it in the data directory.',
    },
  ),
  rootSecretKey: text<string | undefined>(
    { pattern: /^[\x21-\x7e]{8,128}$/, allowed: '8 to 128 printable ASCII characters without spaces' },
    { group: 'Credentials', doc: 'Secret key of the root account; set both or neither.', secret: true },
  ),
  guessesPerMinute: integer(
    { min: 0, max: 1_000_000 },
    {
      group: 'Credentials',
      doc: 'Wrong signatures a minute, of one network or for one access key, that are answered without delay, however many workers there are. Behind a proxy that is not in CAIRN_TRUSTED_PROXIES all clients are one network. 0 sets no limit.',
      fallback: '20',
    },
  ),
  metricsToken: text<string | undefined>(
    { pattern: /^[\x21-\x7e]{8,256}$/, allowed: '8 to 256 printable ASCII characters without spaces' },
    { group: 'Credentials', doc: 'Bearer token that opens /metrics to other machines than this one.', secret: true },
  ),
  ldapUrl: text<string | undefined>(
    { pattern: /^ldaps?:\/\/[^\s/@]+$/, allowed: 'a URL without a path, such as ldaps://directory.example.com' },
    {
      group: 'Identity',
      doc: 'A directory whose people may ask for temporary credentials (AssumeRoleWithLDAPIdentity). ldap:// is made secure by StartTLS.',
    },
  ),
  ldapTls: choice(['required', 'off'], {
    group: 'Identity',
    doc: 'off: with ldap:// the passwords of people go over the network as they are. For tests.',
    fallback: 'required',
  }),
  ldapCaFile: path<string | undefined>({
    group: 'Identity',
    doc: "A file with the authorities (PEM) that the directory's certificate may be of, in place of the usual ones.",
  }),
  ldapBindDn: text<string | undefined>(
    { pattern: /^[^\0]{1,1024}$/, allowed: 'a distinguished name' },
    { group: 'Identity', doc: 'Whom people are looked up as. Without it they are looked up anonymously.' },
  ),
  ldapBindPassword: text<string | undefined>(
    { pattern: /^[^\0]{1,1024}$/, allowed: '1 to 1024 characters' },
    { group: 'Identity', doc: 'The password of the name above.', secret: true },
  ),
  ldapUserBase: text<string | undefined>(
    { pattern: /^[^\0]{3,1024}$/, allowed: 'a distinguished name' },
    { group: 'Identity', doc: 'Below which people are: ou=people,dc=example,dc=com.' },
  ),
  ldapUserFilter: directoryFilter(/%s/, {
    group: 'Identity',
    doc: 'Who somebody is who signs in as %s. It has to find one entry.',
    fallback: '(uid=%s)',
  }),
  ldapGroupBase: text<string | undefined>(
    { pattern: /^[^\0]{3,1024}$/, allowed: 'a distinguished name' },
    { group: 'Identity', doc: 'Below which groups are. Without it people have no groups.' },
  ),
  ldapGroupFilter: directoryFilter(/%[sd]/, {
    group: 'Identity',
    doc: 'Which groups somebody is in whose distinguished name is %d and who signs in as %s.',
    fallback: '(&(objectClass=groupOfNames)(member=%d))',
  }),
  ldapRoles: {
    group: 'Identity',
    doc: 'Which groups may be which roles, as JSON: {"cn=writers,ou=groups,dc=example,dc=com": "arn:aws:iam::123456789012:role/writer"}. Who asks for no role is the first one that fits. Other roles can be asked for where their trust policy names Federated ldap, with the condition keys ldap:user, ldap:username and ldap:groups.',
    fallback: '{}',
    fallbackDoc: 'none',
    allowed: 'a JSON object that names the ARN of a role for each distinguished name of a group',
    parse: parseGroupRoles,
  } satisfies Setting<readonly GroupRole[]> as Setting<readonly GroupRole[]>,
  maxHeaderBytes: integer(
    { min: 4096, max: mebibyte },
    { group: 'Limits', doc: 'Largest head of a request: request line and headers together.', fallback: '32768' },
  ),
  maxXmlBytes: integer(
    { min: 65536, max: 64 * mebibyte },
    { group: 'Limits', doc: 'Largest XML document that a request may carry.', fallback: '8388608' },
  ),
  headerTimeoutSeconds: integer(
    { min: 1, max: 3600 },
    { group: 'Limits', doc: 'How long a client may take to send the head of a request.', fallback: '20' },
  ),
  bodyTimeoutSeconds: integer(
    { min: 1, max: 3600 },
    { group: 'Limits', doc: 'How long a body may stand still, being sent or being received.', fallback: '60' },
  ),
  selectSeconds: integer(
    { min: 0, max: 86_400 },
    {
      group: 'Limits',
      doc: 'How long a query of SelectObjectContent may run, without the time for which its client lets it wait. 0 sets no limit.',
      fallback: '600',
    },
  ),
  keepAliveSeconds: integer(
    { min: 1, max: 3600 },
    { group: 'Limits', doc: 'How long a connection without a request stays open.', fallback: '75' },
  ),
  eventTries: integer(
    { min: 1, max: 1_000_000 },
    {
      group: 'Limits',
      doc: 'How often an event is offered to its target before it becomes a dead letter; the pauses grow to a minute.',
      fallback: '1000',
    },
  ),
  eventWaitHours: integer(
    { min: 1, max: 720 },
    {
      group: 'Limits',
      doc: 'How long an event waits at most for a target that does not take it, before it becomes a dead letter.',
      fallback: '24',
    },
  ),
  eventsWaitingMax: integer(
    { min: 1, max: 1_000_000_000 },
    {
      group: 'Limits',
      doc: 'Events that wait for one target at most; beyond that the oldest become dead letters.',
      fallback: '1000000',
    },
  ),
  eventsDeadMax: integer(
    { min: 1, max: 1_000_000_000 },
    {
      group: 'Limits',
      doc: 'Dead letters of one target that are kept at most; beyond that the oldest are dropped.',
      fallback: '100000',
    },
  ),
  logLevel: choice(['debug', 'info', 'warn', 'error'], {
    group: 'Observation',
    doc: 'What is told on standard error, and everything graver.',
    fallback: 'info',
  }),
  logFormat: choice(['auto', 'text', 'json'], {
    group: 'Observation',
    doc: 'auto: text on a terminal, JSON lines otherwise.',
    fallback: 'auto',
  }),
  accessLog: {
    group: 'Observation',
    doc: 'One JSON line a request: off, on (standard output), or the path of a file.',
    fallback: 'off',
    allowed: 'off, on, or a path with a slash in it',
    parse: (value) =>
      value === 'off' || value === 'on'
        ? value
        : /[/\\]/.test(value) && !value.includes('\0')
          ? resolve(value)
          : undefined,
  } satisfies Setting<string> as Setting<string>,
  refusalHours: integer(
    { min: 0, max: 8760 },
    {
      group: 'Observation',
      doc: 'How long refused requests are kept with the policies that they were weighed by, for cairn why: the newest 100,000 at most. 0 keeps none.',
      fallback: '24',
    },
  ),
  accessLogDeliverySeconds: integer(
    { min: 1, max: 86400 },
    {
      group: 'Observation',
      doc: "How long lines of a bucket's own access log (PutBucketLogging) wait at most before they become an object.",
      fallback: '300',
    },
  ),
};

export type SettingName = keyof typeof settingTable;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** The values that this run uses. Plain data: it crosses process borders as JSON. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settingTable)[Name]> };

export const settingNames = Object.keys(settingTable) as SettingName[];

const hyphenated = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** The name in a configuration file; a flag is the same behind two hyphens. */
export const keyOf = (name: SettingName): string => hyphenated(name);
export const flagOf = (name: SettingName): string => `--${hyphenated(name)}`;
export const environmentNameOf = (name: SettingName): string =>
  `CAIRN_${hyphenated(name).replaceAll('-', '_').toUpperCase()}`;
