import type { AggregateName, Expression, SelectQuery } from '../../../domain/select/expression.ts';
import { QueryFailure } from '../query-engine.ts';
import { dateFormat } from './date-format.ts';
import type { RecordSource } from './record-source.ts';
import { sqlNumber, sqlText } from './sql-text.ts';
import {
  alike,
  asCondition,
  asNumber,
  asText,
  asTimestamp,
  castTo,
  nothing,
  type TypedSql,
  unified,
  type ValueType,
} from './typed-sql.ts';

/** A query in DuckDB's words, and what each column of its answer is. */
export interface TranslatedQuery {
  readonly sql: string;
  /** The one column is the whole record, as the source has it: SELECT *. */
  readonly isWholeRecord: boolean;
  readonly columns: readonly AnswerColumn[];
}

export interface AnswerColumn {
  /** What it is called where the answer has names. */
  readonly name: string;
  readonly type: ValueType;
}

/**
 * Writes a query anew in DuckDB's SQL. Nothing of the client's text goes into it but as literals (`sqlText`), numbers
 * that are numbers, and what `source` makes of paths; names of functions, types and tables are all from here.
 */
export function translate(query: SelectQuery, source: RecordSource, { now }: { now: number }): TranslatedQuery {
  const translator = new Translator(source, { now, longestSql: longestSqlOf(query) });
  const everything = query.projections === 'every-field' ? source.everyField() : undefined;
  const chosen =
    query.projections === 'every-field'
      ? (everything?.fields ?? [])
      : query.projections.map(({ expression, alias }, i) => ({
          name: alias ?? nameOf(expression) ?? `_${i + 1}`,
          value: translator.value(expression),
        }));
  const where = query.where && asCondition(translator.value(query.where));
  const list = chosen.map(({ value }, i) => `${answered(value)} AS a${i}`);
  const sql = [
    `SELECT ${list.join(', ')}`,
    `FROM ${source.from()}`,
    ...(where === undefined ? [] : [`WHERE ${where}`]),
    ...(query.limit === undefined ? [] : [`LIMIT ${sqlNumber(String(query.limit))}`]),
  ];
  return {
    sql: sql.join(' '),
    isWholeRecord: everything?.isWholeRecord ?? false,
    columns: chosen.map(({ name, value: { type } }) => ({ name, type })),
  };
}

/**
 * What is said once in a query may stand in its translation several times: where such parts nest, that grows by
 * multiplication, and DuckDB's parser knows no bounds. Queries as people write them stay far below this.
 */
function longestSqlOf(query: SelectQuery): number {
  return 32_768 + 16 * JSON.stringify(query).length;
}

/** Everything is answered as text; what it was is known from the column's type. */
function answered(value: TypedSql): string {
  return value.type === 'json' ? value.sql : asText(value);
}

function nameOf(expression: Expression): string | undefined {
  if (expression.kind !== 'path') return undefined;
  const last = expression.steps.at(-1);
  return last?.kind === 'member' ? last.name : undefined;
}

const plainAggregates: Readonly<Record<Exclude<AggregateName, 'count'>, (value: TypedSql) => TypedSql>> = {
  avg: (value) => ({ sql: `avg(${asNumber(value, { lenient: false }).sql})`, type: 'number' }),
  sum: (value) => {
    const { sql, type } = asNumber(value, { lenient: false });
    return { sql: `sum(${sql})`, type };
  },
  max: (value) => ({ sql: `max(${ordered(value)})`, type: value.type === 'json' ? 'text' : value.type }),
  min: (value) => ({ sql: `min(${ordered(value)})`, type: value.type === 'json' ? 'text' : value.type }),
};

function ordered(value: TypedSql): string {
  return value.type === 'json' ? asText(value) : value.sql;
}

class Translator {
  readonly #source: RecordSource;
  readonly #now: number;
  readonly #longestSql: number;

  constructor(source: RecordSource, { now, longestSql }: { readonly now: number; readonly longestSql: number }) {
    this.#source = source;
    this.#now = now;
    this.#longestSql = longestSql;
  }

  /** Throws QueryFailure where it would become too long. */
  value(expression: Expression): TypedSql {
    const value = this.#valueOf(expression);
    if (value.sql.length > this.#longestSql) {
      throw new QueryFailure('unsupported', 'The SQL expression is too complex.');
    }
    return value;
  }

  #valueOf(expression: Expression): TypedSql {
    switch (expression.kind) {
      case 'text':
        return { sql: sqlText(expression.value), type: 'text' };
      case 'number':
        return { sql: sqlNumber(expression.text), type: /^\d+$/.test(expression.text) ? 'integer' : 'number' };
      case 'boolean':
        return { sql: expression.value ? 'TRUE' : 'FALSE', type: 'boolean' };
      case 'null':
        return nothing;
      case 'path':
        return this.#source.field(expression.steps);
      case 'not':
        return { sql: `(NOT ${this.#condition(expression.of)})`, type: 'boolean' };
      case 'negative': {
        const { sql, type } = asNumber(this.value(expression.of), { lenient: false });
        return { sql: `(-${sql})`, type };
      }
      case 'binary':
        return this.#binary(expression);
      case 'is':
        return this.#is(expression);
      case 'like':
        return this.#like(expression);
      case 'in':
        return this.#in(expression);
      case 'between':
        return this.#between(expression);
      case 'case':
        return this.#case(expression);
      case 'cast':
        return castTo(this.value(expression.of), expression);
      case 'call':
        return this.#call(expression);
      case 'substring':
        return this.#substring(expression);
      case 'trim':
        return this.#trim(expression);
      case 'extract':
        return this.#extract(expression);
      case 'date-add':
        return this.#dateAdd(expression);
      case 'date-diff': {
        const [from, to] = [this.#moment(expression.from), this.#moment(expression.to)];
        return { sql: `date_diff(${sqlText(expression.part)}, ${from}, ${to})`, type: 'integer' };
      }
      case 'aggregate': {
        if (expression.of === undefined) return { sql: 'count(*)', type: 'integer' };
        const value = this.value(expression.of);
        if (expression.name === 'count') return { sql: `count(${value.sql})`, type: 'integer' };
        return plainAggregates[expression.name](value);
      }
    }
  }

  #condition(expression: Expression): string {
    return asCondition(this.value(expression));
  }

  #binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): TypedSql {
    if (operator === 'and' || operator === 'or') {
      const word = operator === 'and' ? 'AND' : 'OR';
      return { sql: `(${this.#condition(left)} ${word} ${this.#condition(right)})`, type: 'boolean' };
    }
    const [one, other] = [this.value(left), this.value(right)];
    if (operator === '||') return { sql: `(${asText(one)} || ${asText(other)})`, type: 'text' };
    if (['+', '-', '*', '/', '%'].includes(operator)) return arithmetic(operator, one, other);
    const [first, second] = alike(one, other);
    return { sql: `(${first} ${operator} ${second})`, type: 'boolean' };
  }

  #is({ of, what, negated }: Extract<Expression, { kind: 'is' }>): TypedSql {
    const value = this.value(of);
    const not = negated ? 'NOT ' : '';
    if (what === 'missing') return { sql: `(${not}(${value.sql} IS NULL))`, type: 'boolean' };
    // A JSON null is there, and is null; what is missing is null as well.
    const isNull =
      value.type === 'json' ? `(${value.sql} IS NULL OR json_type(${value.sql}) = 'NULL')` : `(${value.sql} IS NULL)`;
    return { sql: `(${not}${isNull})`, type: 'boolean' };
  }

  #like({ of, pattern, escaping, negated }: Extract<Expression, { kind: 'like' }>): TypedSql {
    const [text, like] = [asText(this.value(of)), asText(this.value(pattern))];
    if (escaping && (escaping.kind !== 'text' || escaping.value.length !== 1)) {
      throw new QueryFailure('unsupported', 'The character after ESCAPE must be one character.');
    }
    const escapeClause = escaping?.kind === 'text' ? ` ESCAPE ${sqlText(escaping.value)}` : '';
    return { sql: `(${text} ${negated ? 'NOT ' : ''}LIKE ${like}${escapeClause})`, type: 'boolean' };
  }

  #in({ of, list, negated }: Extract<Expression, { kind: 'in' }>): TypedSql {
    const value = this.value(of);
    const equalities = list.map((candidate) => {
      const [one, other] = alike(value, this.value(candidate));
      return `${one} = ${other}`;
    });
    return { sql: `(${negated ? 'NOT ' : ''}(${equalities.join(' OR ')}))`, type: 'boolean' };
  }

  #between({ of, low, high, negated }: Extract<Expression, { kind: 'between' }>): TypedSql {
    const value = this.value(of);
    const [above, least] = alike(value, this.value(low));
    const [below, most] = alike(value, this.value(high));
    const sql = `(${negated ? 'NOT ' : ''}(${above} >= ${least} AND ${below} <= ${most}))`;
    return { sql, type: 'boolean' };
  }

  #case({ of, branches, otherwise }: Extract<Expression, { kind: 'case' }>): TypedSql {
    const subject = of && this.value(of);
    const conditions = branches.map(({ when }) => {
      if (!subject) return this.#condition(when);
      const [one, other] = alike(subject, this.value(when));
      return `${one} = ${other}`;
    });
    const results = branches.map(({ result }) => this.value(result));
    const { sql, type } = unified([...results, otherwise ? this.value(otherwise) : nothing]);
    const whens = conditions.map((condition, i) => `WHEN ${condition} THEN ${sql[i]}`);
    return { sql: `(CASE ${whens.join(' ')} ELSE ${sql.at(-1)} END)`, type };
  }

  #call({ name, given }: Extract<Expression, { kind: 'call' }>): TypedSql {
    const values = given.map((expression) => this.value(expression));
    const [first = nothing, second = nothing] = values;
    switch (name) {
      case 'coalesce': {
        const { sql, type } = unified(values.map(withoutJsonNull));
        return { sql: `coalesce(${sql.join(', ')})`, type };
      }
      case 'nullif': {
        const [one, other] = alike(first, second);
        return { sql: `(CASE WHEN ${one} = ${other} THEN NULL ELSE ${first.sql} END)`, type: first.type };
      }
      case 'utcnow':
        return {
          sql: `CAST(${sqlText(new Date(this.#now).toISOString().slice(0, -1))} AS TIMESTAMP)`,
          type: 'timestamp',
        };
      case 'to_string': {
        const pattern = given[1];
        if (pattern?.kind !== 'text') throw new QueryFailure('unsupported', 'The pattern of TO_STRING must be text.');
        const format = dateFormat(pattern.value);
        return { sql: `strftime(${asTimestamp(first, { lenient: false })}, ${sqlText(format)})`, type: 'text' };
      }
      case 'to_timestamp':
        return { sql: asTimestamp(first, { lenient: false }), type: 'timestamp' };
      case 'char_length':
        return { sql: `length(${asText(first)})`, type: 'integer' };
      case 'lower':
      case 'upper':
        return { sql: `${name}(${asText(first)})`, type: 'text' };
      case 'size':
        return {
          sql: `CAST(json_array_length(${first.type === 'json' ? first.sql : 'NULL'}) AS BIGINT)`,
          type: 'integer',
        };
    }
  }

  #substring({ of, from, length }: Extract<Expression, { kind: 'substring' }>): TypedSql {
    const whole = (expression: Expression) =>
      `CAST(${asNumber(this.value(expression), { lenient: false }).sql} AS BIGINT)`;
    const [text, start] = [asText(this.value(of)), whole(from)];
    // A start before the first character takes its part of the length (SQL-92), where DuckDB counts from the end.
    const begin = `greatest(${start}, 1)`;
    if (length === undefined) return { sql: `substring(${text}, ${begin})`, type: 'text' };
    const end = `greatest(${start} + ${whole(length)} - ${begin}, 0)`;
    return { sql: `substring(${text}, ${begin}, ${end})`, type: 'text' };
  }

  #trim({ side, characters, of }: Extract<Expression, { kind: 'trim' }>): TypedSql {
    const name = { leading: 'ltrim', trailing: 'rtrim', both: 'trim' }[side];
    const cut = characters ? `, ${asText(this.value(characters))}` : '';
    return { sql: `${name}(${asText(this.value(of))}${cut})`, type: 'text' };
  }

  #extract({ part, of }: Extract<Expression, { kind: 'extract' }>): TypedSql {
    // Every moment is one of UTC here.
    if (part === 'timezone_hour' || part === 'timezone_minute') return { sql: '0', type: 'integer' };
    return { sql: `CAST(date_part(${sqlText(part)}, ${this.#moment(of)}) AS BIGINT)`, type: 'integer' };
  }

  #dateAdd({ part, quantity, to }: Extract<Expression, { kind: 'date-add' }>): TypedSql {
    const count = `CAST(${asNumber(this.value(quantity), { lenient: false }).sql} AS INTEGER)`;
    return { sql: `(${this.#moment(to)} + to_${part}s(${count}))`, type: 'timestamp' };
  }

  #moment(expression: Expression): string {
    return asTimestamp(this.value(expression), { lenient: false });
  }
}

function arithmetic(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  const [one, other] = [asNumber(left, { lenient: false }), asNumber(right, { lenient: false })];
  const isWhole = one.type !== 'number' && other.type !== 'number';
  // Whole numbers divide into whole numbers.
  const symbol = operator === '/' && isWhole ? '//' : operator;
  return { sql: `(${one.sql} ${symbol} ${other.sql})`, type: isWhole ? 'integer' : 'number' };
}

/** COALESCE passes over a JSON null as over what is missing. */
function withoutJsonNull(value: TypedSql): TypedSql {
  if (value.type !== 'json') return value;
  return { sql: `(CASE WHEN json_type(${value.sql}) = 'NULL' THEN NULL ELSE ${value.sql} END)`, type: 'json' };
}
