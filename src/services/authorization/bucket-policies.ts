import { StorageError } from '../../domain/errors.ts';
import { type CompiledPolicy, compilePolicy } from '../../domain/policy/compile-policy.ts';
import { asksForExistingTags } from '../../domain/policy/identity-rights.ts';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';
import type { PolicyDocument } from '../../domain/policy/policy-document.ts';
import { isPublicPolicy } from '../../domain/policy/public-policy.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { policySetting } from '../../records/bucket-setting.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';

/** A bucket's policy, ready to be asked. */
export interface BucketPolicy {
  readonly text: string;
  readonly document: PolicyDocument;
  /** The policy, compiled, as the list of one that the evaluator takes. */
  readonly alone: readonly [CompiledPolicy];
  readonly isPublic: boolean;
  /** Whether it asks for tags of objects that exist, which then have to be read first. */
  readonly asksForTags: boolean;
}

/** Policies that a process keeps compiled at most. */
const remembered = 1024;

/** The policies of buckets, each compiled once a process. */
export class BucketPolicies {
  readonly #settings: BucketSettings;
  /** By bucket id. */
  readonly #compiled = new Map<string, BucketPolicy>();

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  /** The policy in force when the bucket was read, or a newer one. At once where it is known. */
  of(bucket: BucketRecord): MaybePromise<BucketPolicy | undefined> {
    const token = bucket.settings[policySetting.name];
    if (token === undefined) return undefined;
    return whenReady(this.#settings.read(bucket, policySetting), (text) => {
      if (text === undefined) return undefined;
      const known = this.#compiled.get(bucket.id);
      if (known?.text === text) return known;
      const policy = readStored(text, bucket.name);
      if (this.#compiled.size >= remembered) this.#forgetOldest();
      this.#compiled.set(bucket.id, policy);
      return policy;
    });
  }

  #forgetOldest(): void {
    for (const id of this.#compiled.keys()) {
      this.#compiled.delete(id);
      return;
    }
  }
}

/**
 * A stored policy that cannot be read (a stricter reader, a defect) denies everything, but for what mends it: what it
 * once denied must not be allowed.
 */
function readStored(text: string, bucket: string): BucketPolicy {
  try {
    return preparePolicy(text, bucket);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { text, document: closed, alone: [compiledClosed], isPublic: false, asksForTags: false };
  }
}

const closed: PolicyDocument = {
  kind: 'bucket',
  version: '2012-10-17',
  statements: [
    {
      effect: 'Deny',
      principals: { negated: false, principals: [{ kind: 'everyone' }] },
      actions: { negated: false, patterns: ['*'] },
      resources: { negated: false, patterns: ['*'] },
      conditions: [],
    },
  ],
};
const compiledClosed = compilePolicy(closed, 'bucket policy that cannot be read');

/** Throws MalformedPolicy for what is none, or none for this bucket. */
export function preparePolicy(text: string, bucket: string): BucketPolicy {
  const document = parsePolicy(text, { kind: 'bucket', bucket });
  return {
    text,
    document,
    alone: [compilePolicy(document, 'bucket policy')],
    isPublic: isPublicPolicy(document),
    asksForTags: asksForExistingTags(document),
  };
}
