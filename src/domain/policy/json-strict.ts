import { malformedPolicy, quoted } from './malformed-policy.ts';

/**
 * JSON as it was written: objects are maps (no field can reach a prototype), numbers keep their digits, and no field
 * stands twice.
 */
export type StrictJson = null | boolean | string | JsonNumber | readonly StrictJson[] | ReadonlyMap<string, StrictJson>;

export interface JsonNumber {
  readonly digits: string;
}

/** Deeper than any policy goes: a value in a list in a key in an operator in a condition in a statement in a list. */
const deepestNesting = 16;

const invalidJson = 'This policy contains invalid Json';
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words: readonly (readonly [word: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * Reads JSON that can be understood in one way only. `JSON.parse` keeps the last of two fields of one name where other
 * readers keep the first: a policy that shows one thing to its reviewer and another to the server must not exist.
 * `mostValues`: a few bytes each make values that are ten times as large in memory. Throws MalformedPolicy.
 */
export function parseStrictJson(text: string, mostValues = Number.POSITIVE_INFINITY): StrictJson {
  if (!text.startsWith('{')) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const reader = new JsonReader(text, mostValues);
  const value = reader.readValue(0);
  reader.expectEnd();
  return value;
}

class JsonReader {
  readonly #text: string;
  #valuesLeft: number;
  #at = 0;

  constructor(text: string, mostValues: number) {
    this.#text = text;
    this.#valuesLeft = mostValues;
  }

  readValue(depth: number): StrictJson {
    if (depth > deepestNesting) throw malformedPolicy(`${invalidJson}: it is nested too deeply`);
    if (this.#valuesLeft-- <= 0) throw malformedPolicy(`${invalidJson}: it has too many values`);
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depth);
      case '[':
        return this.#readArray(depth);
      case '"':
        return this.#readString();
    }
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return { digits: this.#readNumber() };
  }

  expectEnd(): void {
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw malformedPolicy(invalidJson);
  }

  #readObject(depth: number): ReadonlyMap<string, StrictJson> {
    const fields = new Map<string, StrictJson>();
    this.#at++;
    if (this.#takesCharacter('}')) return fields;
    do {
      this.#skipSpace();
      const name = this.#readString();
      if (fields.has(name)) throw malformedPolicy(`${invalidJson}: the field ${quoted(name)} stands twice`);
      if (!this.#takesCharacter(':')) throw malformedPolicy(invalidJson);
      fields.set(name, this.readValue(depth + 1));
    } while (this.#takesCharacter(','));
    if (!this.#takesCharacter('}')) throw malformedPolicy(invalidJson);
    return fields;
  }

  #readArray(depth: number): readonly StrictJson[] {
    const items: StrictJson[] = [];
    this.#at++;
    if (this.#takesCharacter(']')) return items;
    do items.push(this.readValue(depth + 1));
    while (this.#takesCharacter(','));
    if (!this.#takesCharacter(']')) throw malformedPolicy(invalidJson);
    return items;
  }

  #readString(): string {
    const end = this.#endOfString();
    const text = parsedString(this.#text.slice(this.#at, end));
    if (text === undefined) throw malformedPolicy(invalidJson);
    this.#at = end;
    return text;
  }

  /** Behind its closing quote: the first one before which the number of backslashes is even. */
  #endOfString(): number {
    if (this.#text[this.#at] !== '"') throw malformedPolicy(invalidJson);
    for (let quote = this.#at; ; ) {
      quote = this.#text.indexOf('"', quote + 1);
      if (quote < 0) throw malformedPolicy(invalidJson);
      let backslashes = 0;
      while (this.#text[quote - 1 - backslashes] === '\\') backslashes++;
      if (backslashes % 2 === 0) return quote + 1;
    }
  }

  #readNumber(): string {
    numberToken.lastIndex = this.#at;
    const digits = numberToken.exec(this.#text)?.[0];
    if (digits === undefined) throw malformedPolicy(invalidJson);
    this.#at += digits.length;
    return digits;
  }

  #takesCharacter(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x09 && unit !== 0x0d) return;
      this.#at++;
    }
  }
}

/** The text of a JSON string; undefined for an unknown escape, a bare control character or half a surrogate pair. */
function parsedString(token: string): string | undefined {
  try {
    const text: unknown = JSON.parse(token);
    return typeof text === 'string' && text.isWellFormed() ? text : undefined;
  } catch {
    return undefined;
  }
}
