import type { DeleteConditions } from '../../domain/delete-conditions.ts';
import type { ReadConditions, WriteConditions } from '../../domain/preconditions.ts';
import { boundedInteger, type Field } from './field.ts';

/** `If-Match` and its sisters of a read. */
export const readConditions: Field<ReadConditions> = {
  name: 'If-*',
  read: ({ headers }) => ({
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
    ifUnmodifiedSince: headers['if-unmodified-since'],
  }),
};

/** The conditions that the source of a copy must meet. */
export const copySourceConditions: Field<ReadConditions> = {
  name: 'x-amz-copy-source-if-*',
  read: ({ headers }) => ({
    ifMatch: headers['x-amz-copy-source-if-match'],
    ifNoneMatch: headers['x-amz-copy-source-if-none-match'],
    ifModifiedSince: headers['x-amz-copy-source-if-modified-since'],
    ifUnmodifiedSince: headers['x-amz-copy-source-if-unmodified-since'],
  }),
};

/** `If-Match` and `If-None-Match` of a write, each with ETags or `*`. */
export const writeConditions: Field<WriteConditions> = {
  name: 'If-Match, If-None-Match',
  read: ({ headers }) => ({ ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] }),
};

export const deleteConditions: Field<DeleteConditions> = {
  name: 'If-Match, x-amz-if-match-*',
  read({ headers }) {
    const size = headers['x-amz-if-match-size'];
    return {
      ifMatch: headers['if-match'],
      lastModifiedTime: headers['x-amz-if-match-last-modified-time'],
      size:
        size === undefined
          ? undefined
          : boundedInteger('x-amz-if-match-size', size, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    };
  },
};
