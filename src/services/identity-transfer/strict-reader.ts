import { StorageError } from '../../domain/errors.ts';
import { parseStrictJson, type StrictJson } from '../../domain/policy/json-strict.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';

/** Reads one value of a document that may come from anybody; `at` says where it stands. Throws ValidationError. */
export type Read<T> = (value: StrictJson | undefined, at: string) => T;
export type ReadValue<R> = R extends Read<infer T> ? T : never;

export function refused(at: string, what: string): StorageError {
  return new StorageError('ValidationError', { message: `The document is not valid: ${at} ${what}.` });
}

/** JSON that can be understood in one way only, has no more than `mostValues`, and is what `read` takes it for. */
export function readStrictly<T>(text: string, read: Read<T>, mostValues?: number): T {
  let json: StrictJson;
  try {
    json = parseStrictJson(text.trimStart(), mostValues);
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    const bound = mostValues === undefined ? '' : `, or has more than ${mostValues} values`;
    throw new StorageError('ValidationError', {
      message: `The document is no JSON that can be read in one way only${bound}.`,
    });
  }
  return read(json, 'it');
}

interface TextLimits {
  readonly min?: number;
  readonly max: number;
  readonly pattern?: RegExp;
}

export function text({ min = 0, max, pattern }: TextLimits): Read<string> {
  return (value, at) => {
    if (typeof value !== 'string') throw refused(at, 'has to be text');
    if (value.length < min || value.length > max) throw refused(at, `has to have ${min} to ${max} characters`);
    if (pattern && !pattern.test(value)) throw refused(at, 'has characters that cannot be there');
    return value;
  };
}

export function oneOf<const W extends readonly string[]>(...words: W): Read<W[number]> {
  return (value, at) => {
    const word = words.find((each) => each === value);
    if (word === undefined) throw refused(at, `has to be one of ${words.join(', ')}`);
    return word;
  };
}

export function whole({ min, max }: { readonly min: number; readonly max: number }): Read<number> {
  return (value, at) => {
    const digits = value !== null && typeof value === 'object' && 'digits' in value ? value.digits : '';
    const number = /^-?\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
    if (!(number >= min && number <= max)) throw refused(at, `has to be a whole number from ${min} to ${max}`);
    return number;
  };
}

export const flag: Read<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw refused(at, 'has to be true or false');
  return value;
};

export function listOf<T>(of: Read<T>, { max }: { readonly max: number }): Read<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw refused(at, 'has to be a list');
    const items = value as readonly StrictJson[];
    if (items.length > max) throw refused(at, `has more than ${max} entries`);
    return items.map((item, i) => of(item, `${at}[${i}]`));
  };
}

/** An object with names of the writer's own. */
export function mapOf<T>(
  of: Read<T>,
  { max, name }: { readonly max: number; readonly name: RegExp },
): Read<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!(value instanceof Map)) throw refused(at, 'has to be an object');
    const map = value as ReadonlyMap<string, StrictJson>;
    if (map.size > max) throw refused(at, `has more than ${max} fields`);
    const entries = [...map].map(([key, item]): [string, T] => {
      if (!name.test(key)) throw refused(at, 'has a field with a name that cannot be');
      return [key, of(item, `${at}.${key}`)];
    });
    // Object.fromEntries defines fields, so that no name reaches a prototype.
    return Object.fromEntries(entries.sort(([one], [other]) => compareUtf8(one, other)));
  };
}

export function optional<T>(of: Read<T>): Read<T | undefined> {
  return (value, at) => (value === undefined ? undefined : of(value, at));
}

type Shape = Readonly<Record<string, Read<unknown>>>;
type OptionalNames<S extends Shape> = { [N in keyof S]: undefined extends ReadValue<S[N]> ? N : never }[keyof S];
export type ObjectOf<S extends Shape> = { readonly [N in Exclude<keyof S, OptionalNames<S>>]: ReadValue<S[N]> } & {
  readonly [N in OptionalNames<S>]?: ReadValue<S[N]>;
};

/** An object with these fields and no others. */
export function object<S extends Shape>(shape: S): Read<ObjectOf<S>> {
  return (value, at) => {
    if (!(value instanceof Map)) throw refused(at, 'has to be an object');
    const map = value as ReadonlyMap<string, StrictJson>;
    for (const key of map.keys()) {
      if (!Object.hasOwn(shape, key)) throw refused(at, `has a field that is not known: ${key.slice(0, 64)}`);
    }
    const read: Record<string, unknown> = {};
    for (const [key, of] of Object.entries(shape)) {
      const field = of(map.get(key), `${at}.${key}`);
      if (field !== undefined) read[key] = field;
    }
    return read as ObjectOf<S>;
  };
}
