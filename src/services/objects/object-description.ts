import type { Acl } from '../../domain/acl.ts';
import type { Retention } from '../../domain/object-lock.ts';
import type { ObjectHeaders } from '../../records/version-record.ts';

/** What a client says about an object beside its bytes. */
export interface ObjectDescription {
  readonly headers: ObjectHeaders;
  readonly userMetadata: readonly (readonly [name: string, value: string])[];
  readonly storageClass: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Left out: full control for the owner, and nothing for others. */
  readonly acl?: Acl | undefined;
  readonly retention?: Retention | undefined;
  readonly legalHold?: boolean | undefined;
}
