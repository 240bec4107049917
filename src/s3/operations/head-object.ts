import { withOpenChecksum } from '../../services/encryption/data-key.ts';
import { keyForHead } from '../encryption.ts';
import { objectRead } from '../fields/read-fields.ts';
import { expirationHeader, hasLifecycle } from '../lifecycle-headers.ts';
import { hasLock, lockHeaders } from '../object-lock.ts';
import { checkConditions, readGrant, selectBytes, tagCount } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export const headObject = defineOperation({
  name: 'HeadObject',
  route: { method: 'HEAD', target: 'object' },
  input: objectRead,
  requires: (address) => [readGrant(address)],
  async handle({ input, access, principal }, services) {
    const { objects } = services;
    const bucket = access.bucket(input.bucket);
    const finding = objects.head({ bucket, key: input.key, versionId: input.versionId });
    const found = finding instanceof Promise ? await finding : finding;
    const confirming = access.confirm(readGrant(input), found);
    if (confirming) await confirming;
    const withChecksums = input.checksumMode !== undefined;
    const opening = keyForHead(found, { principal, customer: input.customer, withChecksums }, services);
    const dataKey = opening instanceof Promise ? await opening : opening;
    const version = withOpenChecksum(found, dataKey);
    checkConditions(input.conditions, bucket, version);
    const parts = input.partNumber === undefined ? undefined : await objects.parts(version, dataKey);
    const { status, headers, range } = selectBytes({ bucket, version, parts }, input);
    if (version.tags.length > 0) Object.assign(headers, await tagCount(version, access, input));
    if (hasLock(version)) Object.assign(headers, await lockHeaders(version, access, input));
    if (hasLifecycle(bucket) && input.versionId === undefined) {
      Object.assign(headers, await expirationHeader(bucket, { key: input.key, version }, services));
    }
    return { status, headers: { ...headers, ...input.overrides, 'Content-Length': range.length } };
  },
});
