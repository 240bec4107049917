import { fields } from '../../table.ts';

interface KeyPair {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

/** A key with its secret, which is told this once. */
export function keyPairText({ AccessKeyId, SecretAccessKey }: KeyPair): string {
  return fields([
    ['Access key', AccessKeyId],
    ['Secret key', `${SecretAccessKey}  (shown this once)`],
  ]);
}
