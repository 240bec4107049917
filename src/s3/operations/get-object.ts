import { StorageError } from '../../domain/errors.ts';
import { objectRead } from '../fields/read-fields.ts';
import { checkConditions, readGrant, selectBytes, tagCount } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import type { Reply } from '../reply.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export const getObject = defineOperation({
  name: 'GetObject',
  route: { method: 'GET', target: 'object' },
  input: objectRead,
  requires: (address) => [readGrant(address)],
  missing: 'encryption with keys of the customer, object lock headers',
  async handle({ input, access, principal }, { objects }): Promise<Reply> {
    if (principal.kind === 'anonymous' && Object.keys(input.overrides).length > 0) {
      throw new StorageError('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      });
    }
    const bucket = access.bucket(input.bucket);
    const { version, content } = await objects.open({ bucket, key: input.key, versionId: input.versionId });
    try {
      await access.confirm(readGrant(input), version);
      checkConditions(input.conditions, bucket, version);
      const { status, headers, range } = selectBytes({ bucket, version, parts: content.parts }, input);
      if (version.tags.length > 0) Object.assign(headers, await tagCount(version, access, input));
      const whole = content.bytes;
      if (whole) {
        const bytes = whole.subarray(range.offset, range.offset + range.length);
        return { status, headers: { ...headers, ...input.overrides }, body: bytes };
      }
      return {
        status,
        headers: { ...headers, ...input.overrides },
        body: {
          length: range.length,
          pour: (sink) => content.pour(range, sink),
          close: () => content.close(),
        },
      };
    } catch (error) {
      await content.close();
      throw error;
    }
  },
});
