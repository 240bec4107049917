import { objectRead } from '../fields/read-fields.ts';
import { checkConditions, readGrant, selectBytes, tagCount } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export const headObject = defineOperation({
  name: 'HeadObject',
  route: { method: 'HEAD', target: 'object' },
  input: objectRead,
  requires: (address) => [readGrant(address)],
  missing: 'encryption with keys of the customer, object lock headers',
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(readGrant(input), version);
    checkConditions(input.conditions, bucket, version);
    const parts = input.partNumber === undefined ? undefined : await objects.parts(version);
    const { status, headers, range } = selectBytes({ bucket, version, parts }, input);
    if (version.tags.length > 0) Object.assign(headers, await tagCount(version, access, input));
    return { status, headers: { ...headers, ...input.overrides, 'Content-Length': range.length } };
  },
});
