import assert from 'node:assert/strict';
import { type ErrorKind, StorageError } from '../../src/domain/errors.ts';

/** For `assert.throws` and `assert.rejects`: a StorageError of this kind, with these details where they are given. */
export function isKind(
  kind: ErrorKind,
  expected: { readonly message?: string; readonly fields?: Readonly<Record<string, string | number>> } = {},
): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof StorageError)) throw error;
    assert.equal(error.kind, kind);
    if (expected.message !== undefined) assert.equal(error.details.message, expected.message);
    if (expected.fields !== undefined) assert.deepEqual(error.details.fields, expected.fields);
    return true;
  };
}
