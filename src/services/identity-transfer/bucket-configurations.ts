import type { SignedPrincipal } from '../../domain/principal.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';

/** Where the request came from that an import is made for: policies may ask. */
export interface RequestOrigin {
  readonly host: string;
  readonly clientAddress: string;
  readonly secure: boolean;
  readonly tlsVersion: string | undefined;
  readonly userAgent: string | undefined;
}

/** Who configures a bucket. */
export interface Configurer {
  readonly principal: SignedPrincipal;
  readonly origin: RequestOrigin;
}

/** One call of S3's API: to make a bucket, or to put (without a document: to remove) one configuration of it. */
export interface ConfigurationCall {
  readonly bucket: string;
  /** A sub-resource, with its id where there are several: `cors`, `inventory/daily`; `bucket`: the bucket itself. */
  readonly setting: string;
  readonly document: string | undefined;
  /** Of a bucket that is to be made. */
  readonly objectLock?: boolean | undefined;
}

/**
 * What buckets are configured with, as S3's own API gives and takes it: what is imported goes through the very
 * operations, with all that they check, as if its importer had sent them.
 */
export interface BucketConfigurations {
  /** In the order in which they have to be put; without what every bucket has. Weighs nothing. */
  read(bucket: BucketRecord): Promise<Readonly<Record<string, string>>>;
  /** Whether the setting is one that can be put, and how late: what names other buckets comes after all are made. */
  phaseOf(setting: string): number | undefined;
  /** Settings that new buckets come with here, and that the bucket of a document may lack. */
  readonly ofNewBuckets: readonly string[];
  /**
   * Undefined where the gate lets it happen; else the action that it refuses. Of a bucket that is not there: as if it
   * were `owner`'s, and new. Throws what the operation says of a document that it cannot read.
   */
  refusal(call: ConfigurationCall, by: Configurer, owner: string): Promise<string | undefined>;
  /** Throws what the operation throws. */
  perform(call: ConfigurationCall, by: Configurer): Promise<void>;
}
