import { readFile } from 'node:fs/promises';
import {
  environmentNameOf,
  flagOf,
  keyOf,
  type Setting,
  type SettingName,
  type Settings,
  settingNames,
  settingTable,
} from './settings.ts';

/** What is wrong with the settings, in one line that names the setting, the value and what is allowed. */
export class SettingsError extends Error {
  constructor(line: string) {
    super(line);
    this.name = 'SettingsError';
  }
}

/** A value as it was written, and where: `CAIRN_PORT`, `--port`, `port in /etc/cairn.toml`. */
interface Written {
  readonly text: string;
  readonly where: string;
}
type WrittenSettings = Map<SettingName, Written>;

export interface SettingsInput {
  /** The arguments after `cairn serve`. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads flags, environment and configuration file, in this order of rank. Rejects with SettingsError. */
export async function readSettings({ flags, environment }: SettingsInput): Promise<Settings> {
  const written: WrittenSettings = new Map([...readEnvironment(environment), ...readFlags(flags)]);
  const config = written.get('config');
  if (config !== undefined) {
    const file = await readConfigurationFile(parseOne('config', config) as string);
    for (const [name, value] of file) if (!written.has(name)) written.set(name, value);
  }
  const settings = Object.fromEntries(
    settingNames.map((name) => {
      const value = written.get(name);
      if (value !== undefined) return [name, parseOne(name, value)];
      const { fallback } = settingTable[name];
      return [name, fallback === undefined ? undefined : settingTable[name].parse(fallback)];
    }),
  ) as unknown as Settings;
  checkPairs(settings);
  return settings;
}

function parseOne(name: SettingName, { text, where }: Written): unknown {
  const setting: Setting<unknown> = settingTable[name];
  const value = setting.parse(text);
  if (value !== undefined) return value;
  const shown = setting.secret ? 'the value given (hidden)' : JSON.stringify(text);
  throw new SettingsError(`${where}: ${shown} is not allowed: it must be ${setting.allowed}`);
}

const pairs: readonly (readonly [SettingName, SettingName])[] = [
  ['tlsCert', 'tlsKey'],
  ['rootAccessKey', 'rootSecretKey'],
  ['vaultAddress', 'vaultToken'],
  ['ldapUrl', 'ldapUserBase'],
  ['ldapBindDn', 'ldapBindPassword'],
];

function checkPairs(settings: Settings): void {
  for (const [one, other] of pairs) {
    if ((settings[one] === undefined) === (settings[other] === undefined)) continue;
    const [given, missing] = settings[one] === undefined ? [other, one] : [one, other];
    throw new SettingsError(
      `${environmentNameOf(missing)}: nothing is given, but ${environmentNameOf(given)} is: set both or neither`,
    );
  }
}

function readFlags(flags: readonly string[]): WrittenSettings {
  const written: WrittenSettings = new Map();
  const byFlag = new Map(settingNames.map((name) => [flagOf(name), name]));
  for (let i = 0; i < flags.length; i++) {
    const argument = flags[i]!;
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = byFlag.get(flag);
    if (name === undefined) throw unknownName('flag', flag, [...byFlag.keys()]);
    const text = equals < 0 ? flags[++i] : argument.slice(equals + 1);
    if (text === undefined) {
      throw new SettingsError(`${flag}: no value follows: it must be ${settingTable[name].allowed}`);
    }
    if (written.has(name)) throw new SettingsError(`${flag}: given twice`);
    written.set(name, { text, where: flag });
  }
  return written;
}

/** Kubernetes gives every pod such variables for a service named `cairn`; they are none of ours. */
const ofKubernetes = /^CAIRN_(SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_(TCP|UDP)(_.*)?)$/;

function readEnvironment(environment: SettingsInput['environment']): WrittenSettings {
  const written: WrittenSettings = new Map();
  const byVariable = new Map(settingNames.map((name) => [environmentNameOf(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('CAIRN_') || text === undefined || ofKubernetes.test(variable)) continue;
    if (variable === 'CAIRN_PORT' && /^(tcp|udp):\/\//.test(text)) continue;
    const name = byVariable.get(variable);
    if (name === undefined) throw unknownName('environment variable', variable, [...byVariable.keys()]);
    // An empty variable is how Compose files and unit files say "not set".
    if (text !== '') written.set(name, { text, where: variable });
  }
  return written;
}

async function readConfigurationFile(path: string): Promise<WrittenSettings> {
  const written: WrittenSettings = new Map();
  const byKey = new Map(settingNames.filter((name) => !isNotInFile(name)).map((name) => [keyOf(name), name]));
  for (const [key, value] of Object.entries(await parseToml(path))) {
    const name = byKey.get(key);
    if (name === undefined) throw unknownName(`key in ${path}:`, key, [...byKey.keys()]);
    written.set(name, { text: textOf(value), where: `${key} in ${path}` });
  }
  return written;
}

const isNotInFile = (name: SettingName): boolean => (settingTable[name] as Setting<unknown>).notInFile === true;

async function parseToml(path: string): Promise<Record<string, unknown>> {
  const { parse } = await import('smol-toml');
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0];
    throw new SettingsError(`the configuration file ${path} cannot be used: ${reason}`);
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.map(String).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function unknownName(kind: string, name: string, known: readonly string[]): SettingsError {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint =
    nearest !== undefined && nearest.distance <= Math.max(2, name.length / 4)
      ? `did you mean ${nearest.candidate}?`
      : 'see cairn serve --help for those there are';
  return new SettingsError(`unknown ${kind} ${name}: ${hint}`);
}

/** Number of single-letter changes between two words (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
