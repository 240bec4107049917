import type { RecordFormat } from '../query-engine.ts';
import type { TextInput } from './text-input.ts';

export type CsvFormat = Extract<RecordFormat, { kind: 'csv' }>;

/** Takes records of CSV off a text, with any delimiters and quotes. */
export class CsvRecords {
  readonly #input: TextInput;
  readonly #format: CsvFormat;
  /** Where the record ends that was read last. */
  #end = 0;
  #needsMore = false;

  constructor(input: TextInput, format: CsvFormat) {
    this.#input = input;
    this.#format = format;
  }

  /** The fields of the next record; undefined when there is none. Empty lines and comments are passed over. */
  next(): readonly string[] | undefined {
    const input = this.#input;
    for (;;) {
      if (input.at >= input.text.length) {
        if (input.isAtEnd) return undefined;
        input.more();
        continue;
      }
      this.#needsMore = false;
      const fields = this.#record();
      if (this.#needsMore && !input.isAtEnd) {
        input.more();
        continue;
      }
      const start = input.at;
      input.at = this.#end;
      const isEmpty = fields.length === 1 && fields[0] === '' && input.text[start] !== this.#format.quote;
      if (!isEmpty && !this.#isComment(start)) return fields;
    }
  }

  #isComment(start: number): boolean {
    const { comment } = this.#format;
    return comment !== '' && this.#input.text.startsWith(comment, start);
  }

  /** One record from where the input stands. Sets `#needsMore` where the text ended before it did. */
  #record(): string[] {
    const { recordDelimiter, fieldDelimiter, quote } = this.#format;
    const { text, at } = this.#input;
    if (this.#isComment(at)) return this.#line(at);
    const fields: string[] = [];
    let position = at;
    for (;;) {
      const isQuoted = quote !== '' && text.startsWith(quote, position);
      const { value, end } = isQuoted ? this.#quoted(position) : this.#plain(position);
      position = end;
      if (text.startsWith(fieldDelimiter, position)) {
        fields.push(value);
        position += fieldDelimiter.length;
        continue;
      }
      const isEnded = text.startsWith(recordDelimiter, position);
      if (!isEnded) this.#needsMore = true;
      // Lines of other systems end with both.
      const isCarriage = recordDelimiter === '\n' && !isQuoted && value.endsWith('\r');
      fields.push(isCarriage ? value.slice(0, -1) : value);
      this.#end = isEnded ? position + recordDelimiter.length : position;
      return fields;
    }
  }

  #line(start: number): string[] {
    const { recordDelimiter } = this.#format;
    const end = this.#input.text.indexOf(recordDelimiter, start);
    if (end < 0) this.#needsMore = true;
    this.#end = end < 0 ? this.#input.text.length : end + recordDelimiter.length;
    return [''];
  }

  /** Up to the next delimiter. */
  #plain(start: number): { value: string; end: number } {
    const end = this.#nextDelimiter(start);
    return { value: this.#input.text.slice(start, end), end };
  }

  #nextDelimiter(start: number): number {
    const { recordDelimiter, fieldDelimiter } = this.#format;
    const { text } = this.#input;
    const [field, record] = [fieldDelimiter.charCodeAt(0), recordDelimiter.charCodeAt(0)];
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === field && (fieldDelimiter.length === 1 || text.startsWith(fieldDelimiter, i))) return i;
      if (code === record && (recordDelimiter.length === 1 || text.startsWith(recordDelimiter, i))) return i;
    }
    return text.length;
  }

  /** What is in quotes, and whatever stands behind them before the next delimiter. */
  #quoted(start: number): { value: string; end: number } {
    const { quote, quoteEscape, recordDelimiter, allowQuotedRecordDelimiter } = this.#format;
    const { text } = this.#input;
    let value = '';
    let from = start + quote.length;
    for (let i = from; i < text.length; ) {
      if (text.startsWith(quoteEscape, i) && text.startsWith(quote, i + quoteEscape.length)) {
        value += text.slice(from, i) + quote;
        from = i + quoteEscape.length + quote.length;
        i = from;
      } else if (text.startsWith(quote, i)) {
        const behind = this.#plain(i + quote.length);
        // The very next character decides whether this is an end or half of an escape.
        if (i + quote.length >= text.length) this.#needsMore = true;
        return { value: value + text.slice(from, i) + behind.value.replace(/\r$/, ''), end: behind.end };
      } else if (!allowQuotedRecordDelimiter && text.startsWith(recordDelimiter, i)) {
        return { value: value + text.slice(from, i), end: i };
      } else i++;
    }
    this.#needsMore = true;
    return { value: value + text.slice(from), end: text.length };
  }
}
