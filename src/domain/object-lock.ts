/** Until when nobody may remove a version for good. COMPLIANCE binds everyone; GOVERNANCE those without a permission of its own. */
export interface Retention {
  readonly mode: RetentionMode;
  /** In milliseconds since the epoch. */
  readonly until: number;
}

export const retentionModes = ['GOVERNANCE', 'COMPLIANCE'] as const;
export type RetentionMode = (typeof retentionModes)[number];

/** What new versions in a bucket with object lock are given where their writer says nothing. */
export interface DefaultRetention {
  readonly mode: RetentionMode;
  readonly period: { readonly unit: 'days' | 'years'; readonly count: number };
}

/** The object lock of a bucket, which can never be turned off again. */
export interface ObjectLock {
  readonly defaultRetention?: DefaultRetention | undefined;
}
