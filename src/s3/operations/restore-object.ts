import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { onVersion } from '../../domain/grant.ts';
import type { Reply } from '../../wire/reply.ts';
import { element, enumeration, integer, optional, text } from '../../wire/xml/schema.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { versionHeader } from '../version-header.ts';

const tier = enumeration('Standard', 'Bulk', 'Expedited');

const restoreRequest = {
  root: 'RestoreRequest',
  schema: element({
    Days: optional(integer()),
    GlacierJobParameters: optional(element({ Tier: tier })),
    Type: optional(text()),
    Tier: optional(tier),
    Description: optional(text()),
  }),
};

const mostDays = 2_147_483_647;
/** An object that is replaced between being weighed and being restored is weighed again, this often at most. */
const attempts = 10;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html */
export const restoreObject = defineOperation({
  name: 'RestoreObject',
  route: { method: 'POST', target: 'object', query: { restore: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  body: { kind: 'xml', ...restoreRequest },
  requires: (address) => [onVersion({ current: 's3:RestoreObject', named: 's3:RestoreObject' }, address)],
  missing: 'select jobs; all tiers take the same time',
  async handle({ input, access, origin, document }, { objects }): Promise<Reply> {
    if (document.Type !== undefined) {
      throw new StorageError('NotImplemented', { message: 'Cairn does not run jobs on archived objects.' });
    }
    const days = document.Days;
    if (days === undefined) throw new StorageError('MalformedXml');
    if (days < 1 || days > mostDays) throw invalidArgument('Days must be a positive integer', 'Days', String(days));
    const bucket = access.bucket(input.bucket);
    const grant = onVersion({ current: 's3:RestoreObject', named: 's3:RestoreObject' }, input);
    const target = { bucket, key: input.key, versionId: input.versionId };
    for (let attempt = 1; attempt <= attempts; attempt++) {
      // Changes nothing: finds the version as a change finds it.
      const found = await objects.change({ ...target, aspect: 'restore-requested' }, (version) => version);
      await access.confirm(grant, found);
      const { outcome, version } = await objects.restore({ ...target, days, origin, token: found.token });
      if (outcome === 'changed') continue;
      return { status: outcome === 'accepted' ? 202 : 200, headers: versionHeader(bucket, version) };
    }
    throw new StorageError('OperationAborted');
  },
});
