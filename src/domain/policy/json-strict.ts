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
const stringToken = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;
const spaceToken = /[ \t\n\r]*/y;

/**
 * Reads JSON that can be understood in one way only. `JSON.parse` keeps the last of two fields of one name where other
 * readers keep the first: a policy that shows one thing to its reviewer and another to the server must not exist.
 * Throws MalformedPolicy.
 */
export function parseStrictJson(text: string): StrictJson {
  if (!text.startsWith('{')) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const reader = new JsonReader(text);
  const value = reader.readValue(0);
  reader.expectEnd();
  return value;
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number): StrictJson {
    if (depth > deepestNesting) throw malformedPolicy(`${invalidJson}: it is nested too deeply`);
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depth);
      case '[':
        return this.#readArray(depth);
      case '"':
        return this.#readString();
    }
    const word = this.#take(wordToken);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const digits = this.#take(numberToken);
    if (digits === undefined) throw malformedPolicy(invalidJson);
    return { digits };
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
    const token = this.#take(stringToken);
    if (token === undefined) throw malformedPolicy(invalidJson);
    const text = parsedString(token);
    if (text === undefined) throw malformedPolicy(invalidJson);
    return text;
  }

  #takesCharacter(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    this.#take(spaceToken);
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
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
