/** One call of AWS's API, and what AWS answers to it. Steps are data: each client makes the same ones. */
export interface Step {
  readonly service?: 'iam' | 'sts' | 's3';
  /** AWS's name of the action. */
  readonly call: string;
  /** `<name>` in a text stands for what an earlier step kept under it. */
  readonly input?: Input;
  /** Whose credentials: those that an earlier step kept; the root's where left out. */
  readonly as?: string;
  /** AWS's code of the error that it ends with. */
  readonly fails?: string;
  /**
   * Fields that the answer has, others may be there beside them. Lists are as long as these, in this order. A text that
   * begins and ends with `/` is a pattern; `null` is a field that is not there.
   */
  readonly gives?: Expected;
  /** What later steps need of the answer, by its path: `{ key: 'AccessKey.AccessKeyId' }`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** A waiter in place of a call: `user_exists`. */
  readonly waits?: boolean;
}

export type Input = { readonly [name: string]: unknown };
export type Expected = null | string | number | boolean | readonly Expected[] | { readonly [name: string]: Expected };

export type Kept = Map<string, unknown>;

/** The input with what was kept in the places of its names. */
export function filledIn<T>(value: T, kept: Kept): T {
  if (typeof value === 'string') {
    return value.replace(/<([\w-]+)>/g, (_, name: string) => {
      if (!kept.has(name)) throw new Error(`nothing was kept under ${name}`);
      return String(kept.get(name));
    }) as T;
  }
  if (Array.isArray(value)) return value.map((each) => filledIn(each, kept)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filledIn(each, kept)])) as T;
}

export function atPath(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
  return at;
}

/** Where an answer is not what is expected; undefined where it is. */
export function difference(actual: unknown, expected: Expected, path = 'answer'): string | undefined {
  const told = () => `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  if (expected === null) return actual === undefined || actual === null ? undefined : told();
  if (typeof expected === 'string') {
    const pattern = /^\/(.+)\/$/s.exec(expected)?.[1];
    if (pattern === undefined) return actual === expected ? undefined : told();
    return typeof actual === 'string' && new RegExp(pattern, 's').test(actual) ? undefined : told();
  }
  if (typeof expected !== 'object') return actual === expected ? undefined : told();
  if (isList(expected)) {
    // A list without anything is left out by some clients.
    const all: unknown = actual ?? [];
    if (!Array.isArray(all) || all.length !== expected.length) return told();
    return firstOf(expected.map((each, i) => difference(all[i], each, `${path}[${i}]`)));
  }
  if (typeof actual !== 'object' || actual === null) return told();
  const fields = Object.entries(expected);
  return firstOf(fields.map(([name, each]) => difference((actual as Input)[name], each, `${path}.${name}`)));
}

const isList = (expected: Expected): expected is readonly Expected[] => Array.isArray(expected);
const firstOf = (all: readonly (string | undefined)[]) => all.find((each) => each !== undefined);
