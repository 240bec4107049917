import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields, table } from '../../../src/cli/table.ts';

const rows = [
  ['ada', 'arn:aws:iam::123456789012:user/staff/ada'],
  ['bob', 'arn:aws:iam::123456789012:user/bob'],
];

test('columns line up, and are whole where no terminal bounds them', () => {
  assert.equal(
    table(['USER', 'ARN'], rows),
    ['USER  ARN', 'ada   arn:aws:iam::123456789012:user/staff/ada', 'bob   arn:aws:iam::123456789012:user/bob'].join(
      '\n',
    ),
  );
});

test('in a terminal no line is longer than it is wide', () => {
  const lines = table(['USER', 'ARN'], rows, 30).split('\n');
  assert.ok(
    lines.every((line) => [...line].length <= 30),
    lines.join('\n'),
  );
  assert.match(lines[1]!, /^ada {3}arn:aws:.*…$/);
  assert.match(table(['A', 'B'], [['x'.repeat(100), 'y'.repeat(100)]], 1), /^A +B/, 'too narrow for anything');
});

test('what would steer a terminal is blank', () => {
  assert.equal(table(['T'], [['a\u001b[31mb\nc']]), 'T\na [31mb c');
  assert.equal(
    fields([
      ['Name', 'a\u0007b'],
      ['None', undefined],
    ]),
    'Name  a b',
  );
});
