import type { ChecksumAlgorithm } from '../domain/checksums.ts';
import type { StoredChecksum } from '../records/version-record.ts';
import type { StagedContent } from '../services/content/stage-content.ts';

/** The checksum of a part in its upload's algorithm, where the upload has one and the client sent none. */
export function checksumOfPart(
  staged: StagedContent,
  algorithm: ChecksumAlgorithm | undefined,
): StoredChecksum | undefined {
  const digest = algorithm && staged.digests.get(algorithm);
  return digest && { algorithm, value: digest.toString('base64'), type: 'FULL_OBJECT' };
}
