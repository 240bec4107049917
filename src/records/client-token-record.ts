import { recordType } from './record-type.ts';

/** That a request with a client token has succeeded, kept for a while so that its repetition does nothing more. */
export interface ClientTokenRecord {
  /** A hash of what the request asked for: with other parameters the same token is a mistake. */
  readonly requestDigest: string;
}

export const clientTokenRecordType = recordType<ClientTokenRecord>({
  name: 'client-token',
  version: 1,
  migrations: [],
  toFields: (t) => [t.requestDigest],
  fromFields: ([requestDigest]) => ({ requestDigest: requestDigest as string }),
});
