/** The most that a bucket or an account may hold, all versions and parts of open uploads counted. Left out: no bound. */
export interface Quota {
  readonly bytes?: number | undefined;
  /** Versions, not counting delete markers' bytes but counting the markers themselves. */
  readonly objects?: number | undefined;
}
