import assert from 'node:assert/strict';
import { SaxesParser } from 'saxes';
import type { RawReply } from './raw-connection.ts';

/** What an error document says: its elements by name. */
export type ErrorElements = Readonly<Record<string, string>>;

/** What no answer may show: frames of a stack, files of the program, of Node.js or of the machine. */
const inside = /\n\s+at |node:internal|\.ts:\d|\/node_modules\/|\/src\/|\/home\/|\/tmp\//;

/** Fails unless the answer is an error as S3 has it. Gives its elements. */
export function assertErrorAnswer(reply: RawReply, status: number, code: string): ErrorElements {
  const elements = readErrorAnswer(reply);
  assert.deepEqual({ status: reply.status, code: elements.Code }, { status, code }, reply.body.toString());
  return elements;
}

/** The same for any status and code. */
export function readErrorAnswer(reply: RawReply): ErrorElements {
  const { status, headers, body } = reply;
  const text = body.toString();
  assert.ok(status >= 400, `an error, not ${status}`);
  assert.equal(headers['content-type'], 'application/xml', `${status} ${text}`);
  assert.equal(Number(headers['content-length']), body.length);
  const elements = flatElements(text);
  assert.match(headers['x-amz-request-id'] ?? '', /^[0-9A-F]{16}$/);
  assert.match(headers['x-amz-id-2'] ?? '', /^[A-Za-z0-9+/=]{20,}$/);
  assert.equal(elements.RequestId, headers['x-amz-request-id']);
  assert.equal(elements.HostId, headers['x-amz-id-2']);
  assert.match(elements.Code ?? '', /^[A-Za-z0-9]+$/);
  assert.ok(elements.Message);
  assert.doesNotMatch(text, inside);
  return elements;
}

/** The elements of `<Error>`, none of which has elements of its own. Throws for what is not well-formed. */
function flatElements(text: string): ErrorElements {
  const elements: Record<string, string> = {};
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new Error(`not well-formed: ${error.message}\n${text}`);
  });
  parser.on('opentag', ({ name }) => {
    open.push(name);
    if (open.length === 2) elements[name] = '';
  });
  parser.on('text', (piece) => {
    if (open.length === 2) elements[open[1]!] += piece;
  });
  parser.on('closetag', () => {
    if (open.length === 1) assert.equal(open[0], 'Error');
    open.pop();
  });
  parser.write(text).close();
  return elements;
}
