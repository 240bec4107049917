/** Everything that can be wrong with a store, by the promise that is broken. */
export type ViolationKind =
  /** A record, or the key it stands under, does not decode. */
  | 'unreadable'
  /** An entry in no table. */
  | 'foreign-entry'
  /** An index and its records disagree: of accounts, access keys, users and what they hold, of the buckets of an account. */
  | 'index'
  /** Something belongs to an account, a bucket or an upload that does not exist. */
  | 'ownerless'
  /** `current` holds a delete marker. */
  | 'current-marker'
  /** A key's newest version is an object and stands outside `current`. */
  | 'not-current'
  /** A head record is missing, is there without need, or names the wrong versions. */
  | 'head'
  /** A key has more than one null version. */
  | 'null-versions'
  /** A version is not older than the one before it, or stands under another token than its own. */
  | 'version-order'
  /** A bucket that never had versioning holds old versions. */
  | 'unversioned'
  /** A content that is linked has no record. */
  | 'content-missing'
  /** A size, a length or a number of parts is recorded differently in two places. */
  | 'size'
  /** A content is linked more or less often than its counter says. */
  | 'links'
  /** Nothing links to a content, and nobody is going to reclaim it. */
  | 'unlinked'
  /** Something that is in use is on the reclaim list. */
  | 'reclaim-of-used'
  /** A remembered answer that nobody is going to forget. */
  | 'unscheduled'
  /** A blob has a record and is not stored. */
  | 'blob-missing'
  /** Stored bytes do not match a checksum or an ETag. */
  | 'bytes'
  /** A blob is stored that no record speaks of: asked for by `orphans`. */
  | 'orphan'
  /** A version's record and what hangs on it disagree about its annotations. */
  | 'annotations'
  /** Counters of a bucket, or of an account's users and policies, differ from a recount. */
  | 'usage';

/** One broken promise of the store. */
export interface Violation {
  readonly kind: ViolationKind;
  /** What is concerned: a table and a key, a version of an object, a content. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  /** All of it in one line. */
  readonly message: string;
}

export function violation(
  kind: ViolationKind,
  where: string,
  { expected, found }: { expected: unknown; found: unknown },
): Violation {
  const [wanted, met] = [textOf(expected), textOf(found)];
  return { kind, where, expected: wanted, found: met, message: `${kind}: ${where}: expected ${wanted}, found ${met}` };
}

function textOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
