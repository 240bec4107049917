import { StorageError } from '../errors.ts';

export type Token =
  /** Letters of any case; `text` is as written. */
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  /** In double quotes: a name, never a keyword. */
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

const space = /\s+|--[^\n]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const symbol = /<=|>=|<>|!=|\|\||[-+*/%=<>(),.[\];]/y;

/** The words of an expression, with an `end` behind them. Throws for characters that belong to none. */
export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  while (at < sql.length) {
    const blank = match(space);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = quoted(sql, at) ?? plain(at);
    tokens.push(token.token);
    at = token.end;
  }
  return [...tokens, { kind: 'end', text: '', at }];

  function plain(start: number): { token: Token; end: number } {
    for (const [kind, pattern] of [
      ['word', word],
      ['number', number],
      ['symbol', symbol],
    ] as const) {
      const text = match(pattern);
      if (text !== undefined) return { token: { kind, text, at: start }, end: start + text.length };
    }
    throw lexerError(`Invalid character at position ${start + 1} of the SQL expression.`);
  }
}

/** Text or a name in quotes, which are doubled inside. */
function quoted(sql: string, at: number): { token: Token; end: number } | undefined {
  const quote = sql[at];
  if (quote !== "'" && quote !== '"') return undefined;
  let text = '';
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] !== quote) text += sql[i];
    else if (sql[i + 1] === quote) text += sql[i++];
    else {
      if (text.includes('\0')) break;
      return { token: { kind: quote === "'" ? 'text' : 'name', text, at }, end: i + 1 };
    }
  }
  throw lexerError(`The quote at position ${at + 1} of the SQL expression has no end.`);
}

function lexerError(message: string): StorageError {
  return new StorageError('SelectLexerInvalidToken', { message });
}
