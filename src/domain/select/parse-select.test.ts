import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../errors.ts';
import { parseSelect } from './parse-select.ts';

const where = (condition: string) => parseSelect(`SELECT * FROM S3Object s WHERE ${condition}`).where;

function kindOf(sql: string): string | undefined {
  try {
    parseSelect(sql);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    return error.kind;
  }
}

test('a query has projections, a source, a condition and a limit', () => {
  const member = (name: string, isQuoted = false) => ({ kind: 'member', name, isQuoted });
  assert.deepEqual(
    parseSelect(`select s.a AS "A b", s."B".c[2] x FROM s3object[*].list s WHERE a = 'it''s' limit 5;`),
    {
      projections: [
        { expression: { kind: 'path', steps: [member('a')] }, alias: 'A b' },
        {
          expression: { kind: 'path', steps: [member('B', true), member('c'), { kind: 'element', index: 2 }] },
          alias: 'x',
        },
      ],
      from: [{ kind: 'every-element' }, member('list')],
      where: {
        kind: 'binary',
        operator: '=',
        left: { kind: 'path', steps: [member('a')] },
        right: { kind: 'text', value: "it's" },
      },
      limit: 5,
    },
  );
});

test('operators bind as in SQL', () => {
  const shape = (sql: string) => JSON.stringify(where(sql)).replaceAll(/"kind":"path","steps":\[\{[^\]]*\]/g, 'P');
  assert.equal(shape('a = 1 OR b = 2 AND NOT c = 3'), shape('(a = 1) OR ((b = 2) AND (NOT (c = 3)))'));
  assert.equal(shape('a + b * c - d = 1'), shape('((a + (b * c)) - d) = 1'));
  assert.equal(shape('a BETWEEN 1 AND 2 AND b'), shape('(a BETWEEN 1 AND 2) AND b'));
  assert.equal(shape("a NOT LIKE 'x' ESCAPE '!'"), shape("(a NOT LIKE 'x' ESCAPE '!')"));
  assert.equal(shape('-a < 1'), shape('(-(a)) < 1'));
});

test('names in quotes are names, whatever they are', () => {
  assert.deepEqual(where('"select" = 1'), {
    kind: 'binary',
    operator: '=',
    left: { kind: 'path', steps: [{ kind: 'member', name: 'select', isQuoted: true }] },
    right: { kind: 'number', text: '1' },
  });
});

test('what S3 Select has not is refused with its codes', () => {
  for (const [sql, kind] of [
    ['', 'SelectUnexpectedToken'],
    ['DELETE FROM S3Object', 'SelectUnexpectedToken'],
    ['SELECT * FROM S3Object; SELECT 1', 'SelectUnexpectedToken'],
    ['SELECT * FROM S3Object, other', 'SelectUnsupportedSyntax'],
    ['SELECT * FROM S3Object JOIN other', 'SelectUnsupportedSyntax'],
    ['SELECT * FROM (SELECT * FROM S3Object)', 'SelectUnsupportedSyntax'],
    ['SELECT (SELECT 1) FROM S3Object', 'SelectUnsupportedSyntax'],
    ['SELECT DISTINCT a FROM S3Object', 'SelectUnsupportedSyntax'],
    ['SELECT a FROM S3Object GROUP BY a', 'SelectUnsupportedSyntax'],
    ['SELECT SUM(COUNT(*)) FROM S3Object', 'SelectUnsupportedSyntax'],
    ['SELECT * FROM S3Object WHERE COUNT(*) > 1', 'SelectUnsupportedSyntax'],
    ['SELECT LOWER(a, b) FROM S3Object', 'SelectWrongArguments'],
    ['SELECT DATE_ADD(moon, 1, a) FROM S3Object', 'SelectWrongArguments'],
    ['SELECT a FROM S3Object LIMIT 1.5', 'SelectUnexpectedToken'],
    ['SELECT a FROM S3Object LIMIT -1', 'SelectUnexpectedToken'],
    ['SELECT CAST(a AS BLOB) FROM S3Object', 'SelectUnsupportedSyntax'],
    ['SELECT $1 FROM S3Object', 'SelectLexerInvalidToken'],
    ['SELECT "open FROM S3Object', 'SelectLexerInvalidToken'],
    ["SELECT '\0' FROM S3Object", 'SelectLexerInvalidToken'],
  ] as const) {
    assert.equal(kindOf(sql), kind, sql);
  }
});

test('deep and long expressions are refused, not the end of the stack', () => {
  const nested = `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)} FROM S3Object`;
  assert.equal(kindOf(nested), 'SelectUnsupportedSyntax');
  assert.equal(kindOf(`SELECT ${'NOT '.repeat(5000)} a FROM S3Object`), 'SelectUnsupportedSyntax');
  assert.equal(kindOf(`SELECT 1${' + 1'.repeat(5000)} FROM S3Object`), 'SelectUnsupportedSyntax');
  assert.equal(kindOf(`SELECT '${'x'.repeat(300_000)}' FROM S3Object`), 'SelectExpressionTooLong');
});

test('any text is a query or a StorageError', () => {
  const words = fc.constantFrom(
    ...['SELECT', 'FROM', 'S3Object', '*', 's', '.', 'a', '"b"', "'c'", '1', '(', ')', ',', '=', 'AND', 'NOT', 'IN'],
    ...[
      'LIKE',
      'CASE',
      'WHEN',
      'THEN',
      'END',
      'CAST',
      'AS',
      'INT',
      'COUNT',
      '[',
      ']',
      'WHERE',
      'LIMIT',
      '-',
      'IS',
      'NULL',
    ],
  );
  const sql = fc.oneof(
    fc.array(words, { maxLength: 25 }).map((drawn) => drawn.join(' ')),
    fc.array(words, { maxLength: 15 }).map((drawn) => `SELECT ${drawn.join(' ')} FROM S3Object s`),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(sql, (text) => {
      kindOf(text);
    }),
    { numRuns: 2000 },
  );
});
