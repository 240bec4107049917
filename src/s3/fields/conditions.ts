import type { DeleteConditions } from '../../domain/delete-conditions.ts';
import { checkWriteConditionForm, type ReadConditions, type WriteConditions } from '../../domain/preconditions.ts';
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

/** `If-Match` and `If-None-Match: *` of a write. A form that S3 does not take is refused before the body is read. */
export const writeConditions: Field<WriteConditions> = {
  name: 'If-Match, If-None-Match',
  read({ headers }) {
    const conditions = { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
    checkWriteConditionForm(conditions);
    return conditions;
  },
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
