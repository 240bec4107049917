import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDeleteConditions, type DeleteConditions, hasDeleteConditions } from './delete-conditions.ts';
import { formatHttpDate } from './http-date.ts';

const lastModified = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const object = { kind: 'object', etag: 'abc', lastModified, size: 3 } as const;
const marker = { kind: 'delete-marker', lastModified } as const;
const time = formatHttpDate(lastModified);
const other = formatHttpDate(lastModified + 1000);

const cases: readonly (readonly [conditions: DeleteConditions, ofObject: boolean, ofMarker: boolean])[] = [
  [{}, true, true],
  [{ ifMatch: '*' }, true, true],
  [{ ifMatch: '"*"' }, true, true],
  [{ ifMatch: '"abc"' }, true, false],
  [{ ifMatch: 'x, abc' }, true, false],
  [{ ifMatch: '"x"' }, false, false],
  [{ ifMatch: '""' }, false, false],
  [{ ifMatch: '' }, false, false],
  [{ size: 3 }, true, false],
  [{ size: 0 }, false, false],
  [{ lastModifiedTime: time }, true, true],
  [{ lastModifiedTime: '2026-01-02T03:04:05Z' }, true, true],
  [{ lastModifiedTime: other }, false, false],
  [{ lastModifiedTime: 'no time' }, false, false],
  [{ ifMatch: '*', lastModifiedTime: time, size: 3 }, true, false],
  [{ ifMatch: '*', lastModifiedTime: other }, false, false],
];

for (const [conditions, ofObject, ofMarker] of cases) {
  test(`deleting where ${JSON.stringify(conditions)}`, () => {
    assert.equal(hasDeleteConditions(conditions), Object.keys(conditions).length > 0);
    for (const [subject, holds] of [
      [object, ofObject],
      [marker, ofMarker],
    ] as const) {
      const check = () => checkDeleteConditions(conditions, subject);
      if (holds) check();
      else assert.throws(check, { kind: 'PreconditionFailed' }, subject.kind);
    }
  });
}
