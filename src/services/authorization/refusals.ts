import type { Access } from './access.ts';

/** A request that the gate refused, at the moment of its refusal. */
export interface RefusedRequest {
  readonly requestId: string;
  /** AWS's name of the operation. */
  readonly operation: string;
  /** Who asked (`request`), for what (`refused`), about which buckets (`buckets`), and what decided (`decision`). */
  readonly access: Access;
}

/** Takes note of refusals, so that people who ask why can be told. Never throws and never waits. */
export interface RefusalWatch {
  note(refusal: RefusedRequest): void;
}
