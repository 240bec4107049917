/** One step of a path into a record: a member by name, an element by number, or all elements. */
export type PathStep =
  | { readonly kind: 'member'; readonly name: string; readonly isQuoted: boolean }
  | { readonly kind: 'element'; readonly index: number }
  | { readonly kind: 'every-element' };

export const castTypes = ['boolean', 'integer', 'text', 'float', 'decimal', 'timestamp'] as const;
export type CastType = (typeof castTypes)[number];

export const dateParts = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
export type DatePart = (typeof dateParts)[number];
/** EXTRACT knows two more. */
export type ExtractedPart = DatePart | 'timezone_hour' | 'timezone_minute';

export const aggregateNames = ['avg', 'count', 'max', 'min', 'sum'] as const;
export type AggregateName = (typeof aggregateNames)[number];

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>=' | 'and' | 'or';

export type FunctionName =
  | 'coalesce'
  | 'nullif'
  | 'utcnow'
  | 'to_string'
  | 'to_timestamp'
  | 'char_length'
  | 'lower'
  | 'upper'
  | 'size';

/** An expression of S3 Select's SQL. Its paths begin behind the alias of the record. */
export type Expression =
  | { readonly kind: 'text'; readonly value: string }
  /** As it was written: digits, a point, an exponent. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'path'; readonly steps: readonly PathStep[] }
  | { readonly kind: 'not' | 'negative'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'is'; readonly of: Expression; readonly what: 'null' | 'missing'; readonly negated: boolean }
  | {
      readonly kind: 'like';
      readonly of: Expression;
      readonly pattern: Expression;
      readonly escaping: Expression | undefined;
      readonly negated: boolean;
    }
  | { readonly kind: 'in'; readonly of: Expression; readonly list: readonly Expression[]; readonly negated: boolean }
  | {
      readonly kind: 'between';
      readonly of: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'case';
      /** Undefined for the form that has conditions. */
      readonly of: Expression | undefined;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
    }
  | {
      readonly kind: 'cast';
      readonly of: Expression;
      readonly type: CastType;
      readonly precision?: number | undefined;
      readonly scale?: number | undefined;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly given: readonly Expression[] }
  | {
      readonly kind: 'substring';
      readonly of: Expression;
      readonly from: Expression;
      readonly length: Expression | undefined;
    }
  | {
      readonly kind: 'trim';
      readonly side: 'leading' | 'trailing' | 'both';
      readonly characters: Expression | undefined;
      readonly of: Expression;
    }
  | { readonly kind: 'extract'; readonly part: ExtractedPart; readonly of: Expression }
  | {
      readonly kind: 'date-add';
      readonly part: DatePart;
      readonly quantity: Expression;
      readonly to: Expression;
    }
  | { readonly kind: 'date-diff'; readonly part: DatePart; readonly from: Expression; readonly to: Expression }
  /** `of` undefined: COUNT(*). */
  | { readonly kind: 'aggregate'; readonly name: AggregateName; readonly of: Expression | undefined };

export interface Projection {
  readonly expression: Expression;
  readonly alias: string | undefined;
}

/** A whole query: one SELECT over the records of one object. */
export interface SelectQuery {
  /** `every-field`: SELECT *. */
  readonly projections: readonly Projection[] | 'every-field';
  /** The steps of FROM behind `S3Object`. */
  readonly from: readonly PathStep[];
  readonly where: Expression | undefined;
  readonly limit: number | undefined;
}

/** Every expression directly inside another one. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'text':
    case 'number':
    case 'boolean':
    case 'null':
    case 'path':
      return [];
    case 'not':
    case 'negative':
    case 'is':
    case 'cast':
    case 'extract':
      return [expression.of];
    case 'binary':
      return [expression.left, expression.right];
    case 'like':
      return defined([expression.of, expression.pattern, expression.escaping]);
    case 'in':
      return [expression.of, ...expression.list];
    case 'between':
      return [expression.of, expression.low, expression.high];
    case 'case': {
      const branches = expression.branches.flatMap(({ when, result }) => [when, result]);
      return defined([expression.of, ...branches, expression.otherwise]);
    }
    case 'call':
      return expression.given;
    case 'substring':
      return defined([expression.of, expression.from, expression.length]);
    case 'trim':
      return defined([expression.characters, expression.of]);
    case 'date-add':
      return [expression.quantity, expression.to];
    case 'date-diff':
      return [expression.from, expression.to];
    case 'aggregate':
      return defined([expression.of]);
  }
}

function defined(expressions: readonly (Expression | undefined)[]): readonly Expression[] {
  return expressions.filter((expression) => expression !== undefined);
}
