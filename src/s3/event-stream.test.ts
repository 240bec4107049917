import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { encodeMessage, type StreamMessage, selectMessages } from './event-stream.ts';

/** Written from AWS's page, not from the encoder. */
function decodeMessages(bytes: Buffer): StreamMessage[] {
  const messages: StreamMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [total, headerLength] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    assert.equal(bytes.readUInt32BE(at + 8), crc32(bytes.subarray(at, at + 8)));
    assert.equal(bytes.readUInt32BE(at + total - 4), crc32(bytes.subarray(at, at + total - 4)));
    const headers: Record<string, string> = Object.create(null);
    let position = at + 12;
    const headersEnd = position + headerLength;
    while (position < headersEnd) {
      const nameEnd = position + 1 + bytes[position]!;
      const name = bytes.toString('utf8', position + 1, nameEnd);
      assert.equal(bytes[nameEnd], 7);
      const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
      headers[name] = bytes.toString('utf8', nameEnd + 3, valueEnd);
      position = valueEnd;
    }
    assert.equal(position, headersEnd);
    messages.push({ headers, payload: bytes.subarray(headersEnd, at + total - 4) });
    at += total;
  }
  return messages;
}

test('any messages, one behind the other, are read back as they were', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((drawn) => drawn.toWellFormed());
  const name = fc.string({ minLength: 1, maxLength: 30 }).filter((drawn) => drawn !== '__proto__');
  const message = fc.record({
    headers: fc.dictionary(name, text, { maxKeys: 5 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
      const decoded = decodeMessages(Buffer.concat(messages.map(encodeMessage)));
      assert.deepEqual(
        decoded.map(({ headers, payload }) => [{ ...headers }, payload.toString('hex')]),
        messages.map(({ headers, payload }) => [{ ...headers }, payload.toString('hex')]),
      );
    }),
  );
});

test('the messages of a selection are what AWS calls them', () => {
  const counts = { scanned: 3, processed: 2, returned: 1 };
  const kinds = [
    selectMessages.records(Buffer.from('a,b')),
    selectMessages.continuation(),
    selectMessages.progress(counts),
    selectMessages.stats(counts),
    selectMessages.end(),
  ];
  const decoded = decodeMessages(Buffer.concat(kinds));
  assert.deepEqual(
    decoded.map(({ headers }) => headers[':event-type']),
    ['Records', 'Cont', 'Progress', 'Stats', 'End'],
  );
  assert.match(decoded[3]!.payload.toString(), /<Stats><BytesScanned>3<.*<BytesProcessed>2<.*<BytesReturned>1</);
});

test('an error has a code and words, which are cut where they are too long for a header', () => {
  const [short] = decodeMessages(selectMessages.error('CastFailed', 'no number'));
  assert.deepEqual([short?.headers[':message-type'], short?.headers[':error-code']], ['error', 'CastFailed']);
  const [long] = decodeMessages(selectMessages.error('X', 'ü'.repeat(60_000)));
  assert.match(long?.headers[':error-message'] ?? '', /^ü{30000,32767}$/);
});
