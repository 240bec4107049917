import { invalidArgument } from '../../domain/errors.ts';
import type { RequestHead } from '../../wire/request-head.ts';

/** One typed value read from the request head. `name` is what documentation and errors call it. */
export interface Field<T> {
  readonly name: string;
  /** Throws StorageError for what no client should send. */
  read(head: RequestHead): T;
}

export type InputFields = Readonly<Record<string, Field<unknown>>>;
export type Input<F extends InputFields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export function readInput<F extends InputFields>(fields: F, head: RequestHead): Input<F> {
  const input: Record<string, unknown> = {};
  for (const name in fields) input[name] = fields[name]!.read(head);
  return input as Input<F>;
}

/** A query parameter as text; an empty one counts as given. */
export function queryText(name: string): Field<string | undefined>;
export function queryText(name: string, fallback: string): Field<string>;
export function queryText(name: string, fallback?: string): Field<string | undefined> {
  return { name, read: ({ query }) => query.get(name) ?? fallback };
}

export interface IntegerBounds {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** Values above `max` count as `max`, as S3 treats page sizes; otherwise they are refused. */
  readonly clamp?: boolean;
}

const wholeNumber = /^[+-]?\d{1,19}$/;

/** A query parameter as a whole number. An empty one counts as missing. */
export function queryInteger(name: string, bounds: IntegerBounds): Field<number> {
  return {
    name,
    read({ query }) {
      const text = query.get(name);
      return text === undefined || text === '' ? bounds.fallback : boundedInteger(name, text, bounds);
    },
  };
}

export function boundedInteger(
  name: string,
  text: string,
  { min, max, clamp }: Omit<IntegerBounds, 'fallback'>,
): number {
  if (!wholeNumber.test(text))
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  const number = Number(text);
  if (clamp && number > max && number <= 2_147_483_647) return max;
  if (number < min || number > max) {
    throw invalidArgument(
      `Argument ${name} must be an integer between ${min} and ${clamp ? 2_147_483_647 : max}`,
      name,
      text,
    );
  }
  return number;
}

/** A header as text; an empty one counts as missing. */
export function headerText(name: string): Field<string | undefined> {
  return { name, read: ({ headers }) => headers[name] || undefined };
}

/** A header that is exactly one of the values, or missing. */
export function headerChoice<const V extends string>(name: string, values: readonly V[]): Field<V | undefined> {
  return {
    name,
    read({ headers }) {
      const text = headers[name];
      if (text === undefined || text === '') return undefined;
      const value = values.find((candidate) => candidate === text);
      if (value === undefined)
        throw invalidArgument(`The value of ${name} must be one of ${values.join(', ')}.`, name, text);
      return value;
    },
  };
}

/** A header that is a whole number, or missing. */
export function headerInteger(name: string, bounds: { min: number; max: number }): Field<number | undefined> {
  return {
    name,
    read({ headers }) {
      const text = headers[name];
      return text === undefined || text === '' ? undefined : boundedInteger(name, text, bounds);
    },
  };
}
