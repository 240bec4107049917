/** Names one write for good: it stands in the metadata of what was written. */
export type WriteId = string;

/** What one call did, or was told, about one thing; times order what happened before what. */
export interface Attempt<AnyStep = Step> {
  readonly client: number;
  readonly step: AnyStep;
  readonly start: number;
  /** Infinity where no answer came. */
  readonly end: number;
  readonly reply: Reply;
}

/** About one key, and what of its bucket concerns it. */
export interface KeyAttempt extends Attempt<Step> {
  /** Index into the plan's keys. */
  readonly key: number;
}

/**
 * The answer in words that the model uses too. `unknown`: nobody knows whether it happened, or will.
 */
export type Reply = string;
export const unknown = 'unknown';

export interface StepCondition {
  /** An ETag. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: boolean;
}

export interface StepPart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
}

/** What the clock of a process may have shown during a call, in milliseconds since the epoch: `high` is Infinity until it ends. */
export interface ClockReading {
  readonly low: number;
  readonly high: number;
}

/** Whoever notes what a call did ends the reading of its clock with it. */
export interface RunningClock extends ClockReading {
  stop(): void;
}

/** Until when a version is kept, in milliseconds since the epoch, and whether those with a permission may end that. */
export interface StepRetention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly until: number;
}

/** What new versions of a bucket are kept by. */
export interface StepDefaultRetention {
  readonly mode: StepRetention['mode'];
  readonly days: number;
}

/** What a call means for one key. Versions are named by the write that made them, or `null`. */
export type Step =
  | {
      readonly kind: 'write';
      readonly write: WriteId;
      readonly etag: string;
      readonly condition: StepCondition;
      readonly retention?: StepRetention | undefined;
      readonly clock: RunningClock;
    }
  | {
      readonly kind: 'delete';
      readonly write: WriteId;
      readonly version: WriteId | 'null' | undefined;
      readonly condition: StepCondition;
      readonly bypass?: boolean | undefined;
      readonly clock: RunningClock;
    }
  | { readonly kind: 'read'; readonly version: WriteId | 'null' | undefined }
  | { readonly kind: 'shown' }
  | { readonly kind: 'versions' }
  | { readonly kind: 'parts'; readonly upload: string; readonly after: number; readonly limit: number }
  | { readonly kind: 'upload-shown'; readonly upload: string }
  | { readonly kind: 'bucket-shown' }
  | { readonly kind: 'upload'; readonly upload: string; readonly write: WriteId }
  | { readonly kind: 'part'; readonly upload: string; readonly part: StepPart }
  | {
      readonly kind: 'complete';
      readonly upload: string;
      readonly parts: readonly StepPart[];
      readonly etag: string;
      readonly condition: StepCondition;
      readonly clock: RunningClock;
    }
  | { readonly kind: 'abort'; readonly upload: string }
  /** Says something about a version that stays the one it is: a tag. */
  | { readonly kind: 'tag'; readonly version: WriteId | 'null' | undefined; readonly tag: string }
  /** Puts a legal hold on a version, or takes it off. */
  | { readonly kind: 'hold'; readonly version: WriteId | 'null' | undefined; readonly isHeld: boolean }
  /** Says until when a version is kept; undefined: it is kept no longer. */
  | {
      readonly kind: 'retain';
      readonly version: WriteId | 'null' | undefined;
      readonly to: StepRetention | undefined;
      readonly bypass: boolean;
      readonly clock: RunningClock;
    }
  /** Object lock for the bucket, for good; undefined: without a default retention. */
  | { readonly kind: 'lock'; readonly to: StepDefaultRetention | undefined }
  /** What a lifecycle rule makes of a version: perhaps nothing. */
  | {
      readonly kind: 'expire';
      readonly write: WriteId;
      readonly version: WriteId | 'null';
      readonly clock: RunningClock;
    }
  /** Whether changes of the key are told from now on. */
  | { readonly kind: 'notify'; readonly isTold: boolean }
  /** All that was told of the key, at the end. */
  | { readonly kind: 'told' }
  /** What a list of the bucket's objects has of the key. */
  | { readonly kind: 'inventoried' }
  | { readonly kind: 'setting'; readonly to: string | undefined }
  | { readonly kind: 'setting-shown' }
  | { readonly kind: 'versioning'; readonly to: 'enabled' | 'suspended' }
  | { readonly kind: 'create-bucket' }
  | { readonly kind: 'delete-bucket' };
