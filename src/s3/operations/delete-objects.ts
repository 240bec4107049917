import { StorageError } from '../../domain/errors.ts';
import { onObjectsToCome, onVersion } from '../../domain/grant.ts';
import { checkObjectKey } from '../../domain/object-key.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { Access } from '../../services/authorization/access.ts';
import type { ChangeOrigin } from '../../services/changes/object-change.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, type Infer, integer, list, optional, text } from '../../wire/xml/schema.ts';
import { writerOf } from '../account-of.ts';
import { errorCatalogue } from '../error-catalogue.ts';
import { bucketName } from '../fields/address-fields.ts';
import { bypassGovernance } from '../fields/lock-fields.ts';
import { mayBypassGovernance } from '../object-lock.ts';
import { defineOperation } from '../operation.ts';
import { withIfMatch } from '../request-conditions.ts';
import type { S3Services } from '../s3-services.ts';

const objectIdentifier = element({
  Key: text(),
  VersionId: optional(text()),
  ETag: optional(text()),
  LastModifiedTime: optional(text()),
  Size: optional(integer({ min: 0 })),
});
const deleteRequest = element({
  Object: list(objectIdentifier, { min: 1, max: 1000 }),
  Quiet: optional(boolean()),
});

const deleteResult = {
  root: 'DeleteResult',
  schema: element({
    Deleted: list(
      element({
        Key: text(),
        VersionId: optional(text()),
        DeleteMarker: optional(boolean()),
        DeleteMarkerVersionId: optional(text()),
      }),
    ),
    Error: list(element({ Key: text(), VersionId: optional(text()), Code: text(), Message: text() })),
  }),
};
type Answer = Infer<(typeof deleteResult)['schema']>;

/** Deletions that run side by side: each is a commit of its own, and commits are synced in groups. */
const concurrency = 64;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const deleteObjects = defineOperation({
  name: 'DeleteObjects',
  route: { method: 'POST', target: 'bucket', query: { delete: true } },
  input: { bucket: bucketName, bypass: bypassGovernance },
  body: { kind: 'xml', root: 'Delete', schema: deleteRequest, integrityRequired: true },
  requires: ({ bucket }) => [onObjectsToCome('s3:DeleteObject', bucket)],
  missing: 'MFA delete',
  async handle({ input, access, origin, document }, services) {
    const bucket = access.bucket(input.bucket);
    const answers: (Answer['Deleted'][number] | Answer['Error'][number])[] = [];
    for (let at = 0; at < document.Object.length; at += concurrency) {
      const group = document.Object.slice(at, at + concurrency);
      // An answer comes when none is under way any more: else a failed request would go on deleting behind its back.
      const ended = await Promise.allSettled(
        group.map((object) => deleteOne({ bucket, access, origin, services, bypass: input.bypass }, object)),
      );
      for (const deletion of ended) {
        if (deletion.status === 'rejected') throw deletion.reason;
        answers.push(deletion.value);
      }
    }
    return xmlReply(deleteResult, {
      Deleted: document.Quiet ? [] : answers.flatMap((answer) => ('Code' in answer ? [] : [answer])),
      Error: answers.flatMap((answer) => ('Code' in answer ? [answer] : [])),
    });
  },
});

interface DeletionContext {
  readonly bucket: BucketRecord;
  readonly access: Access;
  readonly origin: ChangeOrigin;
  readonly services: S3Services;
  /** GOVERNANCE is to be broken, where the sender may. */
  readonly bypass: boolean;
}

async function deleteOne(
  { bucket, access, origin, services, bypass }: DeletionContext,
  object: Infer<typeof objectIdentifier>,
): Promise<Answer['Deleted'][number] | Answer['Error'][number]> {
  const versionId = object.VersionId === '' ? undefined : object.VersionId;
  try {
    checkObjectKey(object.Key);
    await access.require(
      onVersion(
        { current: 's3:DeleteObject', named: 's3:DeleteObjectVersion' },
        { bucket: bucket.name, key: object.Key, versionId },
      ),
      withIfMatch(access.request.conditions, object.ETag),
    );
    const deletion = await services.objects.delete(
      { bucket, ownerAccountId: writerOf(access.request.principal).accountId, origin },
      {
        key: object.Key,
        versionId,
        conditions: { ifMatch: object.ETag, lastModifiedTime: object.LastModifiedTime, size: object.Size },
        mayBypassGovernance: await mayBypassGovernance(bypass, access, { bucket: bucket.name, key: object.Key }),
      },
    );
    return {
      Key: object.Key,
      VersionId: versionId,
      DeleteMarker: deletion.deleteMarker ? true : undefined,
      DeleteMarkerVersionId: deletion.deleteMarker ? deletion.versionId : undefined,
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { code, message } = errorCatalogue[error.kind];
    return { Key: object.Key, VersionId: versionId, Code: code, Message: error.details.message ?? message };
  }
}
