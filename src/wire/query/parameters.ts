import { StorageError } from '../../domain/errors.ts';

/** The parameters of a request by their full names: `UserName`, `Tags.member.1.Key`. */
export type ParameterSource = ReadonlyMap<string, string>;

/** How one parameter is read. */
export interface Parameter<T> {
  /** Throws ValidationError, in AWS's words. */
  read(source: ParameterSource, name: string): T;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;
export type InputOf<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer T> ? T : never;
};

/** Reads all parameters of an operation. Those that it does not declare are ignored, as AWS does. */
export function readParameters<P extends Parameters>(parameters: P, source: ParameterSource): InputOf<P> {
  const input: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(parameters)) input[name] = parameter.read(source, name);
  return input as InputOf<P>;
}

interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  /** Without anchors: the whole value has to match. Shown to the client. */
  readonly pattern?: string;
  readonly oneOf?: readonly string[];
  /** Errors do not repeat the value. */
  readonly secret?: true;
}

/** One piece of text, which may be missing. */
export function text(limits: TextLimits = {}): Parameter<string | undefined> {
  const pattern = limits.pattern === undefined ? undefined : new RegExp(`^(?:${limits.pattern})$`, 'u');
  return {
    read(source, name) {
      const value = source.get(name);
      if (value === undefined) return undefined;
      const length = value.length;
      const shown = limits.secret ? '***' : value;
      if (limits.max !== undefined && length > limits.max) {
        throw invalid(name, shown, `Member must have length less than or equal to ${limits.max}`);
      }
      if (limits.min !== undefined && length < limits.min) {
        throw invalid(name, shown, `Member must have length greater than or equal to ${limits.min}`);
      }
      if (limits.oneOf && !limits.oneOf.includes(value)) {
        throw invalid(name, shown, `Member must satisfy enum value set: [${limits.oneOf.join(', ')}]`);
      }
      if (pattern && !pattern.test(value)) {
        throw invalid(name, shown, `Member must satisfy regular expression pattern: ${limits.pattern}`);
      }
      return value;
    },
  };
}

/** A whole number, which may be missing. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): Parameter<number | undefined> {
  return {
    read(source, name) {
      const value = source.get(name);
      if (value === undefined) return undefined;
      if (!/^-?\d{1,15}$/.test(value)) throw new StorageError('ValidationError', { message: `${name} is no integer.` });
      const number = Number(value);
      if (number < min) throw invalid(name, value, `Member must have value greater than or equal to ${min}`);
      if (number > max) throw invalid(name, value, `Member must have value less than or equal to ${max}`);
      return number;
    },
  };
}

/** `true` or `false`, which may be missing. */
export function boolean(): Parameter<boolean | undefined> {
  return {
    read(source, name) {
      const value = source.get(name)?.toLowerCase();
      if (value === undefined) return undefined;
      if (value === 'true' || value === 'false') return value === 'true';
      throw invalid(name, value, 'Member must satisfy enum value set: [true, false]');
    },
  };
}

/** The same, and it has to be there. */
export function required<T>(parameter: Parameter<T>): Parameter<Exclude<T, undefined>> {
  return {
    read(source, name) {
      const value = parameter.read(source, name);
      if (value !== undefined) return value as Exclude<T, undefined>;
      throw new StorageError('ValidationError', {
        message: `1 validation error detected: Value null at '${camel(name)}' failed to satisfy constraint: Member must not be null`,
      });
    },
  };
}

/** The same, with a value for requests that leave it out. */
export function withDefault<T, D>(parameter: Parameter<T>, fallback: D): Parameter<Exclude<T, undefined> | D> {
  return {
    read: (source, name) => (parameter.read(source, name) as Exclude<T, undefined> | undefined) ?? fallback,
  };
}

/** `Name.member.1`, `Name.member.2` …: in the order of their numbers. Empty where there is none. */
export function list<T>(
  of: Parameter<T>,
  { max }: { readonly max: number },
): Parameter<readonly Exclude<T, undefined>[]> {
  return {
    read(source, name) {
      const values: Exclude<T, undefined>[] = [];
      for (const number of memberNumbers(source, name)) {
        if (values.length === max) {
          throw invalid(name, '[...]', `Member must have length less than or equal to ${max}`);
        }
        values.push(required(of).read(source, `${name}.member.${number}`));
      }
      return values;
    },
  };
}

function memberNumbers(source: ParameterSource, name: string): readonly number[] {
  const start = `${name}.member.`;
  const numbers = new Set<number>();
  for (const given of source.keys()) {
    if (!given.startsWith(start)) continue;
    const [number = ''] = given.slice(start.length).split('.', 1);
    if (!/^[1-9]\d{0,5}$/.test(number)) {
      throw new StorageError('ValidationError', { message: `${given} is no member of a list.` });
    }
    numbers.add(Number(number));
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Several parameters under one name: `Tags.member.1.Key`. Undefined where none of them is there. */
export function structure<P extends Parameters>(parameters: P): Parameter<InputOf<P> | undefined> {
  return {
    read(source, name) {
      const start = `${name}.`;
      const inner = new Map<string, string>();
      for (const [given, value] of source) if (given.startsWith(start)) inner.set(given.slice(start.length), value);
      return inner.size === 0 ? undefined : readParameters(parameters, inner);
    },
  };
}

function invalid(name: string, value: string, constraint: string): StorageError {
  const shown = value.length > 128 ? `${value.slice(0, 128)}…` : value;
  return new StorageError('ValidationError', {
    message: `1 validation error detected: Value '${shown.toWellFormed()}' at '${camel(name)}' failed to satisfy constraint: ${constraint}`,
  });
}

const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
