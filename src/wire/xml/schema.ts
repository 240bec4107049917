/*
 * S3's XML documents as values: one declaration gives the parser, the writer, the order of elements, which of them
 * repeat, their limits and the TypeScript type (`Infer`).
 *
 *   const tagging = element({
 *     TagSet: element({ Tag: list(element({ Key: text(), Value: text() }), { max: 10 }) }),
 *   });
 *   type Tagging = Infer<typeof tagging>;
 *   parseXml(tagging, 'Tagging', body, limits);
 *   buildXml('Tagging', tagging, value);
 *
 * Field names are element names, exactly as S3 spells them.
 */

/** Carries the type of a schema's values; there is never such a property at run time. */
declare const valueType: unique symbol;
interface Typed<T> {
  readonly [valueType]?: T;
}

/** An element that holds one piece of text, and how that text and its value turn into one another. */
export interface ScalarSchema<T> extends Typed<T> {
  readonly kind: 'scalar';
  /** Undefined where the text spells no value. */
  decode(text: string): T | undefined;
  /** Text that still has to be escaped. */
  encode(value: T): string;
  /** Whether `encode` never gives a character that needs escaping. */
  readonly plain: boolean;
}

/** An element that holds other elements. */
export interface ElementSchema<T> extends Typed<T> {
  readonly kind: 'element';
  readonly fields: Readonly<Record<string, Field>>;
}

export type Schema<T = unknown> = ScalarSchema<T> | ElementSchema<T>;

/** An element that may be missing. */
export interface OptionalField<T> extends Typed<T> {
  readonly kind: 'optional';
  readonly of: Schema<T>;
}

/** An element that occurs any number of times, one after the other, without an element around all of them. */
export interface ListField<T> extends Typed<readonly T[]> {
  readonly kind: 'list';
  readonly of: Schema<T>;
  readonly min: number;
  readonly max: number;
}

/** Elements of several names that occur in one common order, as `Version` and `DeleteMarker` do. */
export interface MixedField<T> extends Typed<readonly T[]> {
  readonly kind: 'mixed';
  readonly of: Readonly<Record<string, Schema>>;
}

/** An attribute of the element that has the field. */
export interface AttributeField<T> extends Typed<T> {
  readonly kind: 'attribute';
  readonly of: ScalarSchema<T>;
  /** With its prefix: `xsi:type`. */
  readonly name: string;
}

/** Anything that an element may have in it. */
export type Field =
  | Schema
  | OptionalField<unknown>
  | ListField<unknown>
  | MixedField<unknown>
  | AttributeField<unknown>;
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends Typed<infer T> ? T : never;
type OptionalNames<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly kind: 'optional' } ? K : never;
}[keyof F];
type ElementValue<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]>;
} & { readonly [K in OptionalNames<F>]?: ValueOf<F[K]> };

/** The type of the values that a schema describes. */
export type Infer<S extends Typed<unknown>> = S extends Typed<infer T> ? T : never;

/** An element with these children, which are written in this order and read in any. */
export function element<const F extends Fields>(fields: F): ElementSchema<ElementValue<F>> {
  return { kind: 'element', fields };
}

/** Text as it stands, white space included. `maxLength` counts UTF-16 units. */
export function text(options: { readonly maxLength?: number } = {}): ScalarSchema<string> {
  const maxLength = options.maxLength ?? Number.POSITIVE_INFINITY;
  return scalar({ decode: (value) => (value.length <= maxLength ? value : undefined), encode: (value) => value });
}

/** A whole number of up to 15 digits, within `min` and `max`. */
export function integer(options: { readonly min?: number; readonly max?: number } = {}): ScalarSchema<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  return scalar({
    plain: true,
    decode(written) {
      const trimmed = written.trim();
      if (!/^[+-]?\d{1,15}$/.test(trimmed)) return undefined;
      const value = Number(trimmed);
      return value >= min && value <= max ? value : undefined;
    },
    encode: (value) => String(value),
  });
}

/** `true` or `false`, in any case of letters when read. */
export function boolean(): ScalarSchema<boolean> {
  return scalar({
    plain: true,
    decode(written) {
      const word = written.trim().toLowerCase();
      return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : undefined;
    },
    encode: (value) => (value ? 'true' : 'false'),
  });
}

/**
 * A moment in milliseconds since the epoch: `2009-10-12T17:50:30.000Z` as S3 writes it; read with or without fraction,
 * with any offset, or as a mere date (midnight UTC).
 */
export function timestamp(): ScalarSchema<number> {
  const written = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$/;
  return scalar({
    plain: true,
    decode(value) {
      const trimmed = value.trim();
      const moment = written.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
      return Number.isNaN(moment) || !isDayOfMonth(trimmed.slice(0, 10)) ? undefined : moment;
    },
    encode: timestampWriter(),
  });
}

/** Whether the month has such a day: `Date.parse` takes 30 February for 2 March. */
function isDayOfMonth(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/**
 * Writes what `Date.toISOString` does, eight times as fast: a listing has a thousand of them, most of them of one day, so
 * that the text of the last day is kept.
 */
function timestampWriter(): (milliseconds: number) => string {
  const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
  let lastDay = Number.NaN;
  let dayText = '';
  return (milliseconds) => {
    const day = Math.floor(milliseconds / 86_400_000);
    if (day !== lastDay) {
      const written = new Date(milliseconds).toISOString();
      dayText = written.slice(0, written.indexOf('T') + 1);
      lastDay = day;
    }
    const ofDay = Math.floor(milliseconds) - day * 86_400_000;
    const seconds = Math.floor(ofDay / 1000);
    const fraction = String(ofDay % 1000).padStart(3, '0');
    const hour = twoDigits[Math.floor(seconds / 3600)];
    return `${dayText}${hour}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}.${fraction}Z`;
  };
}

/** One of these words. */
export function enumeration<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): ScalarSchema<Words[number]> {
  return scalar<Words[number]>({
    decode: (value) => words.find((word) => word === value.trim()),
    encode: (value) => value,
  });
}

/** An element that may be missing: its field is optional. Written unless undefined. */
export function optional<T>(of: Schema<T>): OptionalField<T> {
  return { kind: 'optional', of };
}

/** Elements that repeat; none where there are none. More than `max` or fewer than `min` is malformed when read. */
export function list<T>(of: Schema<T>, options: { readonly min?: number; readonly max?: number } = {}): ListField<T> {
  return { kind: 'list', of, min: options.min ?? 0, max: options.max ?? Number.POSITIVE_INFINITY };
}

/** Elements of several names in one order. The field's own name is not written; each value says which element it is. */
export function mixed<const S extends Readonly<Record<string, Schema>>>(
  of: S,
): MixedField<{ [K in keyof S]: { readonly element: K; readonly value: ValueOf<S[K]> } }[keyof S]> {
  return { kind: 'mixed', of };
}

/** An attribute, required when read. Names that begin with `xsi:` declare that namespace when written. */
export function attribute<T>(of: ScalarSchema<T>, name: string): AttributeField<T> {
  return { kind: 'attribute', of, name };
}

function scalar<T>(parts: {
  decode(text: string): T | undefined;
  encode(value: T): string;
  plain?: boolean;
}): ScalarSchema<T> {
  return { kind: 'scalar', decode: parts.decode, encode: parts.encode, plain: parts.plain ?? false };
}
