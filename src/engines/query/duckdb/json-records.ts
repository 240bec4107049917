import { QueryFailure } from '../query-engine.ts';
import type { TextInput } from './text-input.ts';

const [quote, backslash] = [0x22, 0x5c];

/** Takes JSON values off a text, one after the other, with or without line ends between and inside them. */
export class JsonRecords {
  readonly #input: TextInput;

  constructor(input: TextInput) {
    this.#input = input;
  }

  /** The next value in one line; undefined when there is none. Throws QueryFailure for what is no JSON. */
  next(): string | undefined {
    const input = this.#input;
    for (;;) {
      while (input.at < input.text.length && isBlank(input.text.charCodeAt(input.at))) input.at++;
      if (input.at >= input.text.length) {
        if (input.isAtEnd) return undefined;
        input.more();
        continue;
      }
      const end = endOfValue(input.text, input.at);
      // A number may go on in the next block.
      if ((end === undefined || end === input.text.length) && !input.isAtEnd) {
        input.more();
        continue;
      }
      const value = inOneLine(input.text.slice(input.at, end));
      input.at = end ?? input.text.length;
      return value;
    }
  }
}

function inOneLine(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return text.includes('\n') || text.includes('\r') ? JSON.stringify(value) : text;
  } catch {
    throw new QueryFailure('json-parsing', 'An error occurred while parsing the JSON file: a record is no JSON.');
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where the value ends that begins at `start`; undefined where the text ends before it. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      const end = endOfString(text, i);
      if (end === undefined) return undefined;
      i = end;
      if (depth === 0) return i + 1;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      if (--depth <= 0) return i + 1;
    } else if (depth === 0 && isBlank(code)) return i;
  }
  return depth === 0 ? text.length : undefined;
}

function endOfString(text: string, start: number): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i;
  }
  return undefined;
}
