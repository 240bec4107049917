import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../domain/errors.ts';
import type { RequestBody } from '../../wire/authentication/request-body.ts';
import { openForm } from './multipart-form.ts';

const boundary = 'X-b';
const contentType = `multipart/form-data; boundary=${boundary}`;

/** A body that comes in these pieces, one when the one before was taken. */
function bodyOf(pieces: readonly Buffer[]): RequestBody & { readonly poured: () => number } {
  let poured = 0;
  return {
    length: pieces.reduce((sum, piece) => sum + piece.length, 0),
    async pour(sink) {
      for (const piece of pieces) {
        poured++;
        await sink(piece);
      }
    },
    collect: () => Promise.reject(new Error('forms are poured')),
    trailers: () => ({}),
    poured: () => poured,
  };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
  return pieces.filter((piece) => piece.length > 0);
}

function formOf(fields: readonly (readonly [string, string])[], fileName: string, content: Buffer): Buffer {
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${fileName}"\r\n\r\n`;
  return Buffer.concat([Buffer.from(parts.join('') + head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

async function read(pieces: readonly Buffer[]) {
  const form = await openForm(bodyOf(pieces), contentType);
  try {
    const bytes = await form.file.collect(Number.POSITIVE_INFINITY);
    return { fields: [...form.fields], fileName: form.fileName, bytes };
  } finally {
    await form.close();
  }
}

const text = fc.string({ unit: fc.constantFrom('a', '-', '\r', '\n', ' ', 'ä', '\u{1f600}'), maxLength: 12 });
const fields = fc
  .uniqueArray(fc.tuple(fc.constantFrom('key', 'acl', 'x-amz-meta-a', 'policy'), text), { selector: ([name]) => name })
  .map((list) => list.filter(([, value]) => !value.includes(`\r\n--${boundary}`)));
/** Bytes that look like a boundary nearly everywhere. */
const content = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '--', 'X', '-', 'b', '\r\n--X-', '\r\n--X', '\0', 'x'.repeat(500)), {
    maxLength: 20,
  })
  .map((pieces) => pieces.join(''))
  .filter((bytes) => !bytes.includes(`\r\n--${boundary}`) && !bytes.startsWith(`--${boundary}`))
  .map((bytes) => Buffer.from(bytes));
const places = fc.array(fc.nat(), { maxLength: 12 });

test('fields and file come out as they went in, wherever the form is cut into pieces', async () => {
  const property = fc.asyncProperty(fields, content, places, async (list, bytes, at) => {
    const got = await read(cut(formOf(list, 'cat.txt', bytes), at));
    assert.deepEqual(got.fields, list);
    assert.equal(got.fileName, 'cat.txt');
    assert.ok(got.bytes.equals(bytes), JSON.stringify(got.bytes.toString('latin1')));
  });
  await fc.assert(property, { numRuns: 500 });
});

test('a form that comes byte by byte', async () => {
  const bytes = formOf([['key', 'k']], 'a', Buffer.from('meow\r\n--X'));
  const got = await read(Array.from(bytes, (byte) => Buffer.from([byte])));
  assert.deepEqual([got.fields, got.bytes.toString()], [[['key', 'k']], 'meow\r\n--X']);
});

test('any bytes are a form or are refused as none, and always come to an end', async () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      `--${boundary}`,
      `\r\n--${boundary}`,
      `\r\n--${boundary}\r\n`,
      `--${boundary}--`,
      `\r\n--${boundary}--\r\n`,
      '\r\n\r\n',
      '\r\n',
      'Content-Disposition: form-data; name="file"',
      'Content-Disposition: form-data; name="key"',
      'Content-Disposition: form-data; name="',
      'Content-Disposition: form-data',
      'Content-Disposition: x',
      'Content-Type: text/plain; charset=utf-16le',
      'Content-Transfer-Encoding: base64',
      ': ',
      'a',
      'x'.repeat(30_000),
    ),
    fc.string({ maxLength: 5 }),
  );
  const property = fc.asyncProperty(fc.array(fragment, { maxLength: 14 }), places, async (fragments, at) => {
    const bytes = Buffer.from(fragments.join(''));
    try {
      const { bytes: file } = await read(cut(bytes, at));
      assert.ok(bytes.includes(file));
    } catch (error) {
      assert.ok(error instanceof StorageError, String(error));
      assert.match(error.kind, /^(MalformedPostRequest|IncorrectNumberOfFiles|InvalidArgument|MaxPostPreData.*)$/);
    }
  });
  await fc.assert(property, { numRuns: 1000 });
});

test('a form that is cut off anywhere is malformed', async () => {
  const whole = formOf([['key', 'k']], 'a', Buffer.alloc(300, 'x'));
  for (let length = 0; length < whole.length - 4; length++) {
    await assert.rejects(read([whole.subarray(0, length)]), StorageError, String(length));
  }
});

test('nothing of the file is taken before somebody wants it, and no faster than it is taken', async () => {
  const bytes = formOf([['key', 'k']], 'a', Buffer.alloc(1000, 'x'));
  const body = bodyOf(
    cut(
      bytes,
      Array.from({ length: 50 }, (_, i) => i * 20),
    ),
  );
  const form = await openForm(body, contentType);
  const before = body.poured();
  assert.ok(before < 10, String(before));
  let most = 0;
  let taken = 0;
  await form.file.pour(async (piece) => {
    taken += piece.length;
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, body.poured() * 20 - taken);
  });
  assert.equal(taken, 1000);
  assert.ok(most < 300, String(most));
});

test('a file that nobody wants is given up at once', async () => {
  const bytes = formOf([['key', 'k']], 'a', Buffer.alloc(1000, 'x'));
  const body = bodyOf(cut(bytes, [500, 600, 700]));
  const form = await openForm(body, contentType);
  const before = body.poured();
  await form.close();
  assert.equal(body.poured(), before);
});

test('what the sink throws ends the form', async () => {
  const form = await openForm(bodyOf(cut(formOf([], 'a', Buffer.alloc(1000, 'x')), [400, 600])), contentType);
  const refusal = new Error('enough');
  await assert.rejects(
    form.file.pour(() => {
      throw refusal;
    }),
    refusal,
  );
  await form.close();
});
