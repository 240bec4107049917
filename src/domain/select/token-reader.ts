import { StorageError } from '../errors.ts';
import type { PathStep } from './expression.ts';
import { type Token, tokenize } from './tokens.ts';

/** Goes through the tokens of an expression. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: string | readonly Token[]) {
    this.#tokens = typeof source === 'string' ? tokenize(source) : source;
  }

  /** Another reader at the same place. */
  copy(): TokenReader {
    return new TokenReader(this.#tokens.slice(this.#next));
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  skip(): void {
    if (!this.isEnd()) this.#next++;
  }

  isEnd(): boolean {
    return this.peek().kind === 'end';
  }

  isWord(lower: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.text.toLowerCase() === lower;
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === text;
  }

  takeWord(lower: string): boolean {
    const found = this.isWord(lower);
    if (found) this.#next++;
    return found;
  }

  takeSymbol(text: string): boolean {
    const found = this.isSymbol(text);
    if (found) this.#next++;
    return found;
  }

  expectWord(lower: string): void {
    if (!this.takeWord(lower)) throw this.unexpected(lower.toUpperCase());
  }

  expectSymbol(text: string): void {
    if (!this.takeSymbol(text)) throw this.unexpected(text);
  }

  expectEnd(): void {
    if (!this.isEnd()) throw this.unexpected('the end of the expression');
  }

  expectName(): string {
    const { kind, text } = this.peek();
    if (kind !== 'word' && kind !== 'name') throw this.unexpected('a name');
    this.#next++;
    return text;
  }

  /** Members and elements behind a name, as they follow: `.a."b"[0][*]`. */
  pathSteps(): readonly PathStep[] {
    const steps: PathStep[] = [];
    for (;;) {
      if (this.isSymbol('.') && !this.isSymbol('*', 1)) {
        this.skip();
        const isQuoted = this.peek().kind === 'name';
        steps.push({ kind: 'member', name: this.expectName(), isQuoted });
      } else if (this.takeSymbol('[')) {
        steps.push(this.#element());
        this.expectSymbol(']');
      } else return steps;
    }
  }

  #element(): PathStep {
    if (this.takeSymbol('*')) return { kind: 'every-element' };
    const { kind, text } = this.peek();
    if (kind === 'text') {
      this.skip();
      return { kind: 'member', name: text, isQuoted: true };
    }
    if (kind !== 'number' || !/^\d{1,9}$/.test(text)) throw this.unexpected('the number of an element');
    this.skip();
    return { kind: 'element', index: Number(text) };
  }

  unexpected(expected: string): StorageError {
    const { kind, text, at } = this.peek();
    const found = kind === 'end' ? 'the end' : JSON.stringify(text);
    return new StorageError('SelectUnexpectedToken', {
      message: `The SQL expression has ${found} at position ${at + 1}, where ${expected} was expected.`,
    });
  }
}
