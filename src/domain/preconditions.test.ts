import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHttpDate } from './http-date.ts';
import {
  checkCopySourceConditions,
  checkReadConditions,
  checkWriteConditions,
  evaluateReadConditions,
  type ReadConditions,
  type ReadVerdict,
} from './preconditions.ts';

const lastModified = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const subject = { etag: 'abc', lastModified };
const same = formatHttpDate(lastModified);
const before = formatHttpDate(lastModified - 60_000);
const after = formatHttpDate(lastModified + 60_000);

const cases: readonly (readonly [string, ReadConditions, ReadVerdict])[] = [
  ['nothing', {}, 'proceed'],
  ['If-Match that holds', { ifMatch: '"abc"' }, 'proceed'],
  ['If-Match that fails', { ifMatch: '"x"' }, 'precondition-failed'],
  ['If-Match *', { ifMatch: '*' }, 'proceed'],
  ['If-None-Match that fails', { ifNoneMatch: '"x", "abc"' }, 'not-modified'],
  ['If-None-Match that holds', { ifNoneMatch: '"x"' }, 'proceed'],
  ['If-None-Match *', { ifNoneMatch: '*' }, 'not-modified'],
  ['modified since', { ifModifiedSince: before }, 'proceed'],
  ['not modified since, fractions of a second aside', { ifModifiedSince: same }, 'not-modified'],
  ['not modified since', { ifModifiedSince: after }, 'not-modified'],
  ['unmodified since', { ifUnmodifiedSince: after }, 'proceed'],
  ['unmodified since, fractions of a second aside', { ifUnmodifiedSince: same }, 'proceed'],
  ['not unmodified since', { ifUnmodifiedSince: before }, 'precondition-failed'],
  ['a date that is none', { ifModifiedSince: 'x', ifUnmodifiedSince: 'y' }, 'proceed'],
  ['If-Match outweighs If-Unmodified-Since', { ifMatch: 'abc', ifUnmodifiedSince: before }, 'proceed'],
  ['If-None-Match outweighs If-Modified-Since', { ifNoneMatch: 'abc', ifModifiedSince: before }, 'not-modified'],
  ['If-None-Match that holds outweighs too', { ifNoneMatch: 'x', ifModifiedSince: after }, 'proceed'],
  ['a failed precondition goes before 304', { ifMatch: 'x', ifNoneMatch: 'abc' }, 'precondition-failed'],
  ['both kinds hold', { ifMatch: 'abc', ifModifiedSince: before }, 'proceed'],
  ['the first holds, the second does not', { ifMatch: 'abc', ifModifiedSince: after }, 'not-modified'],
];

for (const [name, conditions, verdict] of cases) {
  test(`reading: ${name}: ${verdict}`, () => {
    assert.equal(evaluateReadConditions(conditions, subject), verdict);
    const read = () => checkReadConditions(conditions, subject);
    const copy = () => checkCopySourceConditions(conditions, subject);
    if (verdict === 'proceed') {
      read();
      copy();
    } else {
      assert.throws(read, { kind: verdict === 'not-modified' ? 'NotModified' : 'PreconditionFailed' });
      assert.throws(copy, { kind: 'PreconditionFailed' });
    }
  });
}

test('a failure names its condition', () => {
  assert.throws(() => checkReadConditions({ ifMatch: 'x' }, subject), {
    details: { fields: { Condition: 'If-Match' } },
  });
  assert.throws(() => checkCopySourceConditions({ ifNoneMatch: 'abc' }, subject), {
    details: { fields: { Condition: 'x-amz-copy-source-If-None-Match' } },
  });
});

test('writing: If-None-Match * wants nothing to be there', () => {
  checkWriteConditions({ ifNoneMatch: '*' }, undefined);
  assert.throws(() => checkWriteConditions({ ifNoneMatch: '*' }, subject), {
    kind: 'PreconditionFailed',
    details: { fields: { Condition: 'If-None-Match' } },
  });
});

test('writing: If-None-Match with ETags wants anything but them to be there', () => {
  for (const ifNoneMatch of ['"abc"', 'abc', 'W/"abc"', '"x", "abc"', '"*"']) {
    checkWriteConditions({ ifNoneMatch }, undefined);
    assert.throws(() => checkWriteConditions({ ifNoneMatch }, subject), { kind: 'PreconditionFailed' }, ifNoneMatch);
  }
  for (const ifNoneMatch of ['"x"', '"ab"', '"abc-1"', '']) checkWriteConditions({ ifNoneMatch }, subject);
});

test('writing: If-Match wants just this object to be there', () => {
  checkWriteConditions({ ifMatch: '"abc"' }, subject);
  checkWriteConditions({ ifMatch: '*' }, subject);
  checkWriteConditions({}, undefined);
  assert.throws(() => checkWriteConditions({ ifMatch: '"abc"' }, undefined), { kind: 'NoSuchKey' });
  assert.throws(() => checkWriteConditions({ ifMatch: '*' }, undefined), { kind: 'NoSuchKey' });
  assert.throws(() => checkWriteConditions({ ifMatch: '"x"' }, subject), {
    kind: 'PreconditionFailed',
    details: { fields: { Condition: 'If-Match' } },
  });
});
