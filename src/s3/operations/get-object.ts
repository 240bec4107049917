import { StorageError } from '../../domain/errors.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { Reply } from '../../wire/reply.ts';
import { bearerOf } from '../encryption.ts';
import { objectRead } from '../fields/read-fields.ts';
import { expirationHeader, hasLifecycle } from '../lifecycle-headers.ts';
import { hasLock, lockHeaders } from '../object-lock.ts';
import { checkConditions, readGrant, selectBytes, tagCount } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export const getObject = defineOperation({
  name: 'GetObject',
  route: { method: 'GET', target: 'object' },
  input: objectRead,
  requires: (address) => [readGrant(address)],
  async handle({ input, access, principal }, services): Promise<Reply> {
    const { objects } = services;
    if (principal.kind === 'anonymous' && Object.keys(input.overrides).length > 0) {
      throw new StorageError('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      });
    }
    const bucket = access.bucket(input.bucket);
    const weigh = (found: ObjectVersion) => access.confirm(readGrant(input), found);
    const bearer = bearerOf(principal, { customer: input.customer, weigh }, services);
    const { version, content } = await objects.open({ bucket, key: input.key, versionId: input.versionId }, bearer);
    try {
      const confirming = access.confirm(readGrant(input), version);
      if (confirming) await confirming;
      checkConditions(input.conditions, bucket, version);
      const { status, headers, range } = selectBytes({ bucket, version, parts: content.parts }, input);
      if (version.tags.length > 0) Object.assign(headers, await tagCount(version, access, input));
      if (hasLock(version)) Object.assign(headers, await lockHeaders(version, access, input));
      if (hasLifecycle(bucket) && input.versionId === undefined) {
        Object.assign(headers, await expirationHeader(bucket, { key: input.key, version }, services));
      }
      const whole = content.bytes;
      if (whole) {
        const isAll = range.length === whole.length;
        const bytes = isAll ? whole : whole.subarray(range.offset, range.offset + range.length);
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
