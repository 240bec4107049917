/** Where something stands in a text: lines from 1, columns from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface TextSpan {
  readonly start: TextPosition;
  /** Just behind its last character. */
  readonly end: TextPosition;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g;

/** Where the statements of a policy stand, in their order. The text has been parsed as a policy. */
export function statementPositions(text: string): readonly TextSpan[] {
  const spans: TextSpan[] = [];
  const positionOf = positions(text);
  let depth = 0;
  /** The depth at which statements begin; undefined outside of the element Statement. */
  let within: number | undefined;
  let start: TextPosition | undefined;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found.startsWith('"')) {
      const isName = depth === 1 && /^\s*:/.test(text.slice(index + found.length, index + found.length + 1024));
      if (isName) within = JSON.parse(found) === 'Statement' ? 1 : undefined;
      continue;
    }
    if (found === '{' || found === '[') {
      if (within === depth && found === '[' && depth === 1) within = 2;
      else if (within === depth && found === '{') start = positionOf(index);
      depth++;
      continue;
    }
    depth--;
    if (start && found === '}' && depth === within) {
      spans.push({ start, end: positionOf(index + 1) });
      start = undefined;
    }
  }
  return spans;
}

/** Asked in the order of the text. */
function positions(text: string): (index: number) => TextPosition {
  let line = 1;
  let lineStart = 0;
  let seen = 0;
  return (index) => {
    for (; seen < index; seen++) {
      if (text[seen] !== '\n') continue;
      line++;
      lineStart = seen + 1;
    }
    return { line, column: index - lineStart + 1 };
  };
}
