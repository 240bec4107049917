import { StorageError } from '../errors.ts';
import {
  type AggregateName,
  aggregateNames,
  type BinaryOperator,
  type CastType,
  type DatePart,
  dateParts,
  type Expression,
  type ExtractedPart,
  type FunctionName,
  type PathStep,
} from './expression.ts';
import type { TokenReader } from './token-reader.ts';

/** How deep expressions nest at most: what reads them calls itself. */
const maximumDepth = 64;
/** Parts of an expression at most, and how many of them are operators: a chain of these nests as deep as it is long. */
const maximumParts = 20_000;
const maximumOperators = 800;

const castNames: ReadonlyMap<string, CastType> = new Map([
  ['bool', 'boolean'],
  ['boolean', 'boolean'],
  ['int', 'integer'],
  ['integer', 'integer'],
  ['string', 'text'],
  ['varchar', 'text'],
  ['char', 'text'],
  ['float', 'float'],
  ['double', 'float'],
  ['real', 'float'],
  ['decimal', 'decimal'],
  ['numeric', 'decimal'],
  ['timestamp', 'timestamp'],
]);

/** Functions that are called as functions usually are, with how many values they take. */
const plainFunctions: ReadonlyMap<string, { name: FunctionName; least: number; most: number }> = new Map([
  ['coalesce', { name: 'coalesce', least: 1, most: 100 }],
  ['nullif', { name: 'nullif', least: 2, most: 2 }],
  ['utcnow', { name: 'utcnow', least: 0, most: 0 }],
  ['to_string', { name: 'to_string', least: 2, most: 2 }],
  ['to_timestamp', { name: 'to_timestamp', least: 1, most: 1 }],
  ['char_length', { name: 'char_length', least: 1, most: 1 }],
  ['character_length', { name: 'char_length', least: 1, most: 1 }],
  ['lower', { name: 'lower', least: 1, most: 1 }],
  ['upper', { name: 'upper', least: 1, most: 1 }],
  ['size', { name: 'size', least: 1, most: 1 }],
]);

const comparisons: ReadonlyMap<string, BinaryOperator> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

/** Words that end an expression or go on with it: never a field, unless in quotes. */
const keywords = new Set(
  'select from where limit and or not in between like escape is as case when then else end group order by having'.split(
    ' ',
  ),
);

/**
 * Reads expressions, the loosest operator first: OR, AND, NOT, comparisons, `||` and sums, products, signs.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-operators.html
 */
export class ExpressionParser {
  readonly #tokens: TokenReader;
  readonly #alias: string | undefined;
  #depth = 0;
  #parts = 0;
  #operators = 0;

  constructor(tokens: TokenReader, alias: string | undefined) {
    this.#tokens = tokens;
    this.#alias = alias;
  }

  expression(): Expression {
    return this.#deeper(() => this.#leftToRight(['or'], () => this.#leftToRight(['and'], () => this.#negation())));
  }

  /** `alias.*`, for the whole record. */
  takeEveryField(): boolean {
    const tokens = this.#tokens;
    const { kind } = tokens.peek();
    if ((kind !== 'word' && kind !== 'name') || !tokens.isSymbol('.', 1) || !tokens.isSymbol('*', 2)) return false;
    if (!this.#isRecord(tokens.expectName(), kind === 'name')) throw tokens.unexpected('a name');
    tokens.skip();
    tokens.skip();
    return true;
  }

  #deeper<T>(read: () => T): T {
    this.#parts++;
    if (++this.#depth > maximumDepth || this.#parts > maximumParts) {
      throw new StorageError('SelectUnsupportedSyntax', { message: 'The SQL expression is too complex.' });
    }
    const answer = read();
    this.#depth--;
    return answer;
  }

  #leftToRight(words: readonly ('or' | 'and')[], read: () => Expression): Expression {
    let left = read();
    for (;;) {
      const operator = words.find((candidate) => this.#tokens.takeWord(candidate));
      if (operator === undefined) return left;
      left = this.#binary(operator, left, read());
    }
  }

  #binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
    if (++this.#operators > maximumOperators) {
      throw new StorageError('SelectUnsupportedSyntax', { message: 'The SQL expression is too complex.' });
    }
    return { kind: 'binary', operator, left, right };
  }

  #negation(): Expression {
    if (!this.#tokens.takeWord('not')) return this.#comparison();
    return this.#deeper(() => ({ kind: 'not', of: this.#negation() }));
  }

  #comparison(): Expression {
    const left = this.#sum();
    const { kind, text } = this.#tokens.peek();
    const operator = kind === 'symbol' ? comparisons.get(text) : undefined;
    if (operator !== undefined) {
      this.#tokens.skip();
      return this.#binary(operator, left, this.#sum());
    }
    if (this.#tokens.takeWord('is')) return this.#is(left);
    const negated = this.#tokens.takeWord('not');
    if (this.#tokens.takeWord('like')) return this.#like(left, { negated });
    if (this.#tokens.takeWord('in')) return { kind: 'in', of: left, list: this.#list(), negated };
    if (this.#tokens.takeWord('between')) {
      const low = this.#sum();
      this.#tokens.expectWord('and');
      return { kind: 'between', of: left, low, high: this.#sum(), negated };
    }
    if (negated) throw this.#tokens.unexpected('LIKE, IN or BETWEEN');
    return left;
  }

  #is(of: Expression): Expression {
    const negated = this.#tokens.takeWord('not');
    if (this.#tokens.takeWord('null')) return { kind: 'is', of, what: 'null', negated };
    if (this.#tokens.takeWord('missing')) return { kind: 'is', of, what: 'missing', negated };
    throw this.#tokens.unexpected('NULL or MISSING');
  }

  #like(of: Expression, { negated }: { negated: boolean }): Expression {
    const pattern = this.#sum();
    const escaping = this.#tokens.takeWord('escape') ? this.#sum() : undefined;
    return { kind: 'like', of, pattern, escaping, negated };
  }

  #list(): readonly Expression[] {
    this.#tokens.expectSymbol('(');
    if (this.#tokens.isWord('select')) {
      throw new StorageError('SelectUnsupportedSyntax', { message: 'Subqueries are not supported.' });
    }
    const list: Expression[] = [];
    do list.push(this.expression());
    while (this.#tokens.takeSymbol(','));
    this.#tokens.expectSymbol(')');
    return list;
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = (['+', '-', '||'] as const).find((symbol) => this.#tokens.takeSymbol(symbol));
      if (operator === undefined) return left;
      left = this.#binary(operator, left, this.#product());
    }
  }

  #product(): Expression {
    let left = this.#signed();
    for (;;) {
      const operator = (['*', '/', '%'] as const).find((symbol) => this.#tokens.takeSymbol(symbol));
      if (operator === undefined) return left;
      left = this.#binary(operator, left, this.#signed());
    }
  }

  #signed(): Expression {
    if (this.#tokens.takeSymbol('+')) return this.#deeper(() => this.#signed());
    if (this.#tokens.takeSymbol('-')) return this.#deeper(() => ({ kind: 'negative', of: this.#signed() }));
    return this.#value();
  }

  #value(): Expression {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (token.kind === 'text') {
      tokens.skip();
      return { kind: 'text', value: token.text };
    }
    if (token.kind === 'number') {
      tokens.skip();
      return { kind: 'number', text: token.text };
    }
    if (tokens.takeSymbol('(')) {
      if (tokens.isWord('select')) {
        throw new StorageError('SelectUnsupportedSyntax', { message: 'Subqueries are not supported.' });
      }
      const inner = this.expression();
      tokens.expectSymbol(')');
      return inner;
    }
    if (token.kind === 'word') return this.#word(token.text);
    if (token.kind === 'name') return this.#path();
    throw tokens.unexpected('a value');
  }

  #word(text: string): Expression {
    const tokens = this.#tokens;
    const lower = text.toLowerCase();
    if (lower === 'case') return this.#deeper(() => this.#case());
    if (lower === 'true' || lower === 'false') {
      tokens.skip();
      return { kind: 'boolean', value: lower === 'true' };
    }
    if (lower === 'null') {
      tokens.skip();
      return { kind: 'null' };
    }
    if (tokens.isSymbol('(', 1)) return this.#deeper(() => this.#call(lower));
    if (keywords.has(lower)) throw tokens.unexpected('a value');
    return this.#path();
  }

  #path(): Expression {
    const isQuoted = this.#tokens.peek().kind === 'name';
    const first = this.#tokens.expectName();
    const rest = this.#tokens.pathSteps();
    const steps: readonly PathStep[] = this.#isRecord(first, isQuoted)
      ? rest
      : [{ kind: 'member', name: first, isQuoted }, ...rest];
    if (steps.some(({ kind }) => kind === 'every-element')) {
      throw new StorageError('SelectUnsupportedSyntax', { message: '[*] stands in FROM only.' });
    }
    return { kind: 'path', steps };
  }

  /** Whether a name means the record, and not one of its fields. */
  #isRecord(name: string, isQuoted: boolean): boolean {
    const alias = this.#alias;
    if (alias !== undefined && (isQuoted ? name === alias : name.toLowerCase() === alias.toLowerCase())) return true;
    return name.toLowerCase() === 's3object';
  }

  #case(): Expression {
    const tokens = this.#tokens;
    tokens.expectWord('case');
    const of = tokens.isWord('when') ? undefined : this.expression();
    const branches: { when: Expression; result: Expression }[] = [];
    while (tokens.takeWord('when')) {
      const when = this.expression();
      tokens.expectWord('then');
      branches.push({ when, result: this.expression() });
    }
    if (branches.length === 0) throw tokens.unexpected('WHEN');
    const otherwise = tokens.takeWord('else') ? this.expression() : undefined;
    tokens.expectWord('end');
    return { kind: 'case', of, branches, otherwise };
  }

  #call(lower: string): Expression {
    const tokens = this.#tokens;
    const special = this.#specialCall(lower);
    const known = plainFunctions.get(lower);
    const aggregate = aggregateNames.find((name) => name === lower);
    if (!special && !known && !aggregate) {
      throw new StorageError('SelectUnsupportedFunction', { message: `${lower.toUpperCase()} is not supported.` });
    }
    tokens.skip();
    tokens.expectSymbol('(');
    const call = special?.() ?? (aggregate ? this.#aggregate(aggregate) : this.#plainCall(lower));
    tokens.expectSymbol(')');
    return call;
  }

  #aggregate(name: AggregateName): Expression {
    if (name === 'count' && this.#tokens.takeSymbol('*')) return { kind: 'aggregate', name, of: undefined };
    if (this.#tokens.isWord('distinct')) {
      throw new StorageError('SelectUnsupportedSyntax', { message: 'DISTINCT is not supported.' });
    }
    return { kind: 'aggregate', name, of: this.expression() };
  }

  #plainCall(lower: string): Expression {
    const { name, least, most } = plainFunctions.get(lower)!;
    const given: Expression[] = [];
    if (!this.#tokens.isSymbol(')')) {
      do given.push(this.expression());
      while (this.#tokens.takeSymbol(','));
    }
    if (given.length < least || given.length > most) {
      throw new StorageError('SelectWrongArguments', {
        message: `${lower.toUpperCase()} takes ${least === most ? least : `${least} to ${most}`} values, not ${given.length}.`,
      });
    }
    return { kind: 'call', name, given };
  }

  /** Functions with words between their values. */
  #specialCall(lower: string): (() => Expression) | undefined {
    switch (lower) {
      case 'cast':
        return () => this.#cast();
      case 'substring':
        return () => this.#substring();
      case 'trim':
        return () => this.#trim();
      case 'extract':
        return () => this.#extract();
      case 'date_add':
        return () => {
          const part = this.#datePart();
          const quantity = this.#next();
          return { kind: 'date-add', part, quantity, to: this.#next() };
        };
      case 'date_diff':
        return () => {
          const part = this.#datePart();
          const from = this.#next();
          return { kind: 'date-diff', part, from, to: this.#next() };
        };
      default:
        return undefined;
    }
  }

  /** One more value behind a comma. */
  #next(): Expression {
    this.#tokens.expectSymbol(',');
    return this.expression();
  }

  #datePart(): DatePart {
    const name = this.#tokens.expectName().toLowerCase();
    const part = dateParts.find((candidate) => candidate === name);
    if (part) return part;
    throw new StorageError('SelectWrongArguments', { message: `${name} is no part of a date.` });
  }

  #cast(): Expression {
    const of = this.expression();
    this.#tokens.expectWord('as');
    const name = this.#tokens.expectName();
    const type = castNames.get(name.toLowerCase());
    if (!type) throw new StorageError('SelectUnsupportedSyntax', { message: `${name} is no type.` });
    if (!this.#tokens.takeSymbol('(')) return { kind: 'cast', of, type };
    const precision = this.#wholeNumber(38);
    const scale = this.#tokens.takeSymbol(',') ? this.#wholeNumber(precision) : undefined;
    this.#tokens.expectSymbol(')');
    if (precision < 1) throw this.#tokens.unexpected('a precision of 1 to 38');
    return { kind: 'cast', of, type, precision, scale };
  }

  #wholeNumber(most: number): number {
    const { kind, text } = this.#tokens.peek();
    if (kind !== 'number' || !/^\d{1,2}$/.test(text) || Number(text) > most) {
      throw this.#tokens.unexpected(`a whole number up to ${most}`);
    }
    this.#tokens.skip();
    return Number(text);
  }

  #substring(): Expression {
    const of = this.expression();
    const hasWords = this.#tokens.takeWord('from');
    if (!hasWords) this.#tokens.expectSymbol(',');
    const from = this.expression();
    const hasLength = hasWords ? this.#tokens.takeWord('for') : this.#tokens.takeSymbol(',');
    return { kind: 'substring', of, from, length: hasLength ? this.expression() : undefined };
  }

  #trim(): Expression {
    const side = (['leading', 'trailing', 'both'] as const).find((word) => this.#tokens.takeWord(word));
    if (side !== undefined && this.#tokens.takeWord('from')) {
      return { kind: 'trim', side, characters: undefined, of: this.expression() };
    }
    const first = this.expression();
    if (!this.#tokens.takeWord('from')) {
      if (side !== undefined) throw this.#tokens.unexpected('FROM');
      return { kind: 'trim', side: 'both', characters: undefined, of: first };
    }
    return { kind: 'trim', side: side ?? 'both', characters: first, of: this.expression() };
  }

  #extract(): Expression {
    const name = this.#tokens.expectName().toLowerCase();
    const part = ([...dateParts, 'timezone_hour', 'timezone_minute'] as readonly ExtractedPart[]).find(
      (candidate) => candidate === name,
    );
    if (!part) throw new StorageError('SelectWrongArguments', { message: `${name} is no part of a date.` });
    this.#tokens.expectWord('from');
    return { kind: 'extract', part, of: this.expression() };
  }
}
