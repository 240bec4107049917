import assert from 'node:assert/strict';
import { S3ServiceException } from '@aws-sdk/client-s3';

/** For `assert.rejects`: what the SDK throws for this error code of S3 and this HTTP status. */
export function isFailure(code: string, status: number): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof S3ServiceException)) throw error;
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], [code, status], error.message);
    return true;
  };
}
