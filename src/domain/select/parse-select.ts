import { StorageError } from '../errors.ts';
import { type Expression, type PathStep, type Projection, partsOf, type SelectQuery } from './expression.ts';
import { ExpressionParser } from './parse-expression.ts';
import { TokenReader } from './token-reader.ts';

/** The longest expression, in bytes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/selecting-content-from-objects.html). */
const maximumExpressionBytes = 256 * 1024;

/** Clauses of SQL that S3 Select has not. */
const foreignClauses = [
  'group',
  'order',
  'having',
  'join',
  'inner',
  'left',
  'right',
  'full',
  'cross',
  'union',
  'offset',
];

/**
 * Reads an expression of S3 Select's SQL: `SELECT … FROM S3Object[*].path alias WHERE … LIMIT n`. Throws a StorageError
 * with S3 Select's code for everything else.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-select.html
 */
export function parseSelect(sql: string): SelectQuery {
  if (Buffer.byteLength(sql) > maximumExpressionBytes) throw new StorageError('SelectExpressionTooLong');
  const tokens = new TokenReader(sql);
  // The alias stands behind what uses it.
  const alias = findAlias(tokens);
  const parser = new ExpressionParser(tokens, alias);
  tokens.expectWord('select');
  if (tokens.isWord('distinct') || tokens.isWord('all')) throw unsupported('DISTINCT and ALL are not supported.');
  const projections = readProjections(tokens, parser);
  tokens.expectWord('from');
  const { from } = readSource(tokens);
  const where = tokens.takeWord('where') ? parser.expression() : undefined;
  const limit = tokens.takeWord('limit') ? readLimit(tokens) : undefined;
  for (const clause of foreignClauses) {
    if (tokens.isWord(clause)) throw unsupported(`${clause.toUpperCase()} is not supported.`);
  }
  if (tokens.isSymbol(',')) throw unsupported('There is one source: S3Object.');
  tokens.takeSymbol(';');
  tokens.expectEnd();
  const query: SelectQuery = { projections, from, where, limit };
  checkAggregates(query);
  return query;
}

function findAlias(tokens: TokenReader): string | undefined {
  const ahead = tokens.copy();
  let depth = 0;
  for (;;) {
    if (ahead.isEnd()) return undefined;
    if (depth === 0 && ahead.isWord('from')) break;
    if (ahead.isSymbol('(')) depth++;
    if (ahead.isSymbol(')')) depth--;
    ahead.skip();
  }
  ahead.skip();
  return readSource(ahead).alias;
}

function readProjections(tokens: TokenReader, parser: ExpressionParser): SelectQuery['projections'] {
  if (tokens.takeSymbol('*')) return 'every-field';
  if (parser.takeEveryField()) return 'every-field';
  const projections: Projection[] = [];
  do {
    const expression = parser.expression();
    projections.push({ expression, alias: readAlias(tokens) });
  } while (tokens.takeSymbol(','));
  return projections;
}

/** What may follow a projection or a source without being its alias. */
const reserved = new Set(['from', 'where', 'limit', 'as', ...foreignClauses]);

function readAlias(tokens: TokenReader): string | undefined {
  if (tokens.takeWord('as')) return tokens.expectName();
  const next = tokens.peek();
  if (next.kind === 'name' || (next.kind === 'word' && !reserved.has(next.text.toLowerCase()))) {
    return tokens.expectName();
  }
  return undefined;
}

function readSource(tokens: TokenReader): { from: readonly PathStep[]; alias: string | undefined } {
  const at = tokens.peek();
  if (tokens.isSymbol('(')) throw unsupported('Subqueries are not supported.');
  if (tokens.expectName().toLowerCase() !== 's3object') {
    throw new StorageError('SelectInvalidDataSource', { message: `${at.text} is no source: the source is S3Object.` });
  }
  const from = tokens.pathSteps();
  return { from, alias: readAlias(tokens) };
}

function readLimit(tokens: TokenReader): number {
  const { kind, text } = tokens.peek();
  if (kind !== 'number' || !/^\d{1,15}$/.test(text)) throw tokens.unexpected('a whole number');
  tokens.skip();
  return Number(text);
}

/** Aggregates stand in the list of what is selected, not inside one another, and not beside values of single records. */
function checkAggregates({ projections, where }: SelectQuery): void {
  if (where && holdsAggregate(where)) throw unsupported('WHERE cannot have aggregates.');
  if (projections === 'every-field') return;
  const aggregated = projections.filter(({ expression }) => holdsAggregate(expression));
  if (aggregated.length === 0) return;
  for (const { expression } of projections) {
    if (hasBarePath(expression)) throw unsupported('Aggregates cannot be mixed with values of single records.');
  }
}

function holdsAggregate(expression: Expression): boolean {
  if (expression.kind !== 'aggregate') return partsOf(expression).some(holdsAggregate);
  if (partsOf(expression).some(holdsAggregate)) throw unsupported('Aggregates cannot be nested.');
  return true;
}

function hasBarePath(expression: Expression): boolean {
  if (expression.kind === 'aggregate') return false;
  return expression.kind === 'path' || partsOf(expression).some(hasBarePath);
}

function unsupported(message: string): StorageError {
  return new StorageError('SelectUnsupportedSyntax', { message });
}
