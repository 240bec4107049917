import type { ChecksumAlgorithm } from '../domain/checksums.ts';
import type { ByteSource } from '../foundation/bytes.ts';
import type { StoredChecksum } from '../records/version-record.ts';
import type { StagedContent } from '../services/content/stage-content.ts';
import type { Storing } from '../services/content/storing.ts';

import type { ObjectService } from '../services/objects/object-service.ts';
import type { RequestBody } from '../wire/authentication/request-body.ts';
import { type BodyDigests, verifyBody } from './fields/body-digests.ts';

export interface Reception {
  readonly body: ByteSource & Pick<RequestBody, 'trailers'>;
  readonly digests: BodyDigests;
  /** Algorithms to compute besides the one that the client announced. */
  readonly also: readonly ChecksumAlgorithm[];
  /** How the bytes are stored, where that is not as they come. */
  readonly storing?: Storing | undefined;
}

/** Stages a request's body and holds it against everything that was announced about it. */
export async function receiveBody(
  { body, digests, also, storing }: Reception,
  objects: Pick<ObjectService, 'stage'>,
): Promise<{ staged: StagedContent; checksum: StoredChecksum | undefined }> {
  const announced = digests.checksum?.algorithm;
  const algorithms = announced === undefined || also.includes(announced) ? also : [announced, ...also];
  const staged = await objects.stage(body, algorithms, storing);
  try {
    const checksum = verifyBody(digests, { md5: staged.md5, digests: staged.digests, trailers: body.trailers() });
    return { staged, checksum };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
