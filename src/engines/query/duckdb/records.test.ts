import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { QueryFailure } from '../query-engine.ts';
import { answerWriter } from './answer-writer.ts';
import { type CsvFormat, CsvRecords } from './csv-records.ts';
import { JsonRecords } from './json-records.ts';
import { TextInput } from './text-input.ts';

/** Bytes that come a few at a time. */
function inputOf(text: string | Buffer, step: number): TextInput {
  const bytes = Buffer.from(text);
  let at = 0;
  return new TextInput((buffer) => {
    const taken = bytes.copy(buffer, 0, at, Math.min(at + step, bytes.length));
    at += taken;
    return taken;
  });
}

function all<T>({ next }: { next(): T | undefined }): T[] {
  const found: T[] = [];
  for (let record = next(); record !== undefined; record = next()) found.push(record);
  return found;
}

const plain: CsvFormat = {
  kind: 'csv',
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  quoteEscape: '"',
  comment: '#',
  header: 'none',
  allowQuotedRecordDelimiter: true,
};

const csv = (text: string, format: Partial<CsvFormat> = {}, step = 3) => {
  const records = new CsvRecords(inputOf(text, step), { ...plain, ...format });
  return all({ next: () => records.next() });
};

test('quotes, escapes, comments, empty lines and both kinds of line ends', () => {
  assert.deepEqual(csv('a,"b,""c""",\r\n#no,comment\n\n"x\ny",z'), [
    ['a', 'b,"c"', ''],
    ['x\ny', 'z'],
  ]);
  assert.deepEqual(
    csv("a|'b\\'c'|d;;e", { fieldDelimiter: '|', quote: "'", quoteEscape: '\\', recordDelimiter: ';;' }),
    [['a', "b'c", 'd'], ['e']],
  );
  assert.deepEqual(csv('""\n"",""'), [[''], ['', '']]);
  assert.deepEqual(csv('"a\nb",c', { allowQuotedRecordDelimiter: false }), [['a'], ['b"', 'c']]);
});

test('what is written as CSV is read back, whatever is in it and however it comes', () => {
  const fieldText = fc.string({
    unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'ü', '𝄞', '#', "'"),
    maxLength: 6,
  });
  const rows = fc.array(fc.array(fieldText, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 9 }), fc.boolean(), (drawn, step, quoteAll) => {
      const text = drawn
        .map((row) => {
          const columns = row.map((_, i) => ({ name: `_${i}`, type: 'text' as const }));
          const format = {
            kind: 'csv',
            recordDelimiter: '\n',
            fieldDelimiter: ',',
            quote: '"',
            quoteEscape: '"',
            quoteAll,
          } as const;
          return answerWriter(format, { columns, isWholeRecord: false }, { kind: 'json' })(row);
        })
        .join('');
      assert.deepEqual(csv(text, { comment: '' }, step), drawn);
    }),
  );
});

test('JSON values are taken apart wherever the bytes are cut', () => {
  const values = fc.array(
    fc.jsonValue({ maxDepth: 3 }).filter((value) => typeof value === 'object' && value !== null),
    { maxLength: 5 },
  );
  const between = fc.constantFrom('\n', ' ', '\r\n', '');
  fc.assert(
    fc.property(values, between, fc.integer({ min: 1, max: 7 }), fc.boolean(), (drawn, gap, step, isWide) => {
      const text = drawn.map((value) => JSON.stringify(value, undefined, isWide ? 1 : 0)).join(gap);
      const records = new JsonRecords(inputOf(text, step));
      const found = all({ next: () => records.next() });
      assert.ok(found.every((record) => !record.includes('\n')));
      assert.deepEqual(
        found.map((record) => JSON.parse(record)),
        JSON.parse(JSON.stringify(drawn)),
      );
    }),
  );
});

test('what is no JSON, no UTF-8 or too long is told as such', () => {
  const kindOf = (bytes: Buffer, make: (input: TextInput) => { next(): unknown }) => {
    try {
      const records = make(inputOf(bytes, 65_536));
      all({ next: () => records.next() });
    } catch (error) {
      assert.ok(error instanceof QueryFailure);
      return error.kind;
    }
    return undefined;
  };
  const asJson = (input: TextInput) => new JsonRecords(input);
  const asCsv = (input: TextInput) => new CsvRecords(input, plain);
  assert.equal(kindOf(Buffer.from('{"a":1} oops'), asJson), 'json-parsing');
  assert.equal(kindOf(Buffer.from('{"a":'), asJson), 'json-parsing');
  assert.equal(kindOf(Buffer.from([0x61, 0xff]), asCsv), 'invalid-text');
  assert.equal(kindOf(Buffer.from([0x61, 0xc3]), asCsv), 'invalid-text');
  assert.equal(kindOf(Buffer.alloc(2 * 1024 * 1024, 'x'), asCsv), 'record-too-long');
  assert.equal(kindOf(Buffer.alloc(2 * 1024 * 1024, '['), asJson), 'record-too-long');
});
