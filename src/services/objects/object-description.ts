import type { ObjectHeaders } from '../../records/version-record.ts';

/** What a client says about an object beside its bytes. */
export interface ObjectDescription {
  readonly headers: ObjectHeaders;
  readonly userMetadata: readonly (readonly [name: string, value: string])[];
  readonly storageClass: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
}
