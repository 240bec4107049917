import { StorageError } from '../domain/errors.ts';
import { transitionClasses } from '../domain/lifecycle/check-lifecycle.ts';
import {
  type LifecycleFilter,
  type LifecycleRule,
  lifecycleLimits,
  type NoncurrentPeriod,
} from '../domain/lifecycle/lifecycle-rules.ts';
import type { StorageClass } from '../domain/storage-class.ts';
import { digestOf } from '../foundation/digests.ts';
import {
  boolean,
  element,
  enumeration,
  type Infer,
  integer,
  list,
  optional,
  text,
  timestamp,
} from '../wire/xml/schema.ts';

const tag = element({ Key: text(), Value: text() });
const days = integer({ min: -lifecycleLimits.days, max: lifecycleLimits.days });
const bytes = integer({ min: 0 });
const storageClass = enumeration(...transitionClasses);

const filter = element({
  Prefix: optional(text()),
  Tag: optional(tag),
  ObjectSizeGreaterThan: optional(bytes),
  ObjectSizeLessThan: optional(bytes),
  And: optional(
    element({
      Prefix: optional(text()),
      Tag: list(tag),
      ObjectSizeGreaterThan: optional(bytes),
      ObjectSizeLessThan: optional(bytes),
    }),
  ),
});

const rule = element({
  Expiration: optional(
    element({
      Date: optional(timestamp()),
      Days: optional(days),
      ExpiredObjectDeleteMarker: optional(boolean()),
    }),
  ),
  ID: optional(text()),
  Prefix: optional(text()),
  Filter: optional(filter),
  Status: enumeration('Enabled', 'Disabled'),
  Transition: list(element({ Date: optional(timestamp()), Days: optional(days), StorageClass: storageClass })),
  NoncurrentVersionTransition: list(
    element({
      NoncurrentDays: optional(days),
      StorageClass: storageClass,
      NewerNoncurrentVersions: optional(integer()),
    }),
  ),
  NoncurrentVersionExpiration: optional(
    element({ NoncurrentDays: optional(days), NewerNoncurrentVersions: optional(integer()) }),
  ),
  AbortIncompleteMultipartUpload: optional(element({ DaysAfterInitiation: days })),
});

/** A bucket's lifecycle rules, given and taken; the old form, with a prefix in place of a filter, too. */
export const lifecycleDocument = {
  root: 'LifecycleConfiguration',
  schema: element({ Rule: list(rule, { min: 1, max: lifecycleLimits.rules }) }),
};
type LifecycleDocument = Infer<(typeof lifecycleDocument)['schema']>;
type RuleElement = LifecycleDocument['Rule'][number];
type FilterElement = Infer<typeof filter>;

/** Throws MalformedXml for a rule that has no filter, or has it in both forms. */
export function lifecycleRulesIn({ Rule }: LifecycleDocument): LifecycleRule[] {
  return Rule.map((given, i) => {
    if ((given.Prefix === undefined) === (given.Filter === undefined)) throw new StorageError('MalformedXml');
    return {
      // An empty one counts as missing, as on S3.
      id: given.ID || idOf(given, i),
      isEnabled: given.Status === 'Enabled',
      prefix: given.Prefix,
      filter: given.Filter && filterIn(given.Filter),
      expiration: given.Expiration && {
        days: given.Expiration.Days,
        date: given.Expiration.Date,
        expiredObjectDeleteMarker: given.Expiration.ExpiredObjectDeleteMarker,
      },
      transitions: given.Transition.map(({ Days, Date: date, StorageClass }) => ({
        days: Days,
        date,
        storageClass: StorageClass,
      })),
      noncurrentExpiration: given.NoncurrentVersionExpiration && periodIn(given.NoncurrentVersionExpiration),
      noncurrentTransitions: given.NoncurrentVersionTransition.map((period) => ({
        ...periodIn(period),
        storageClass: period.StorageClass,
      })),
      abortUploadsAfter: given.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    };
  });
}

/** The same rule in the same place gets the same id. */
function idOf(given: RuleElement, place: number): string {
  return digestOf('SHA256', Buffer.from(JSON.stringify([place, given]))).toString('base64url');
}

function filterIn({ Prefix, Tag, ObjectSizeGreaterThan, ObjectSizeLessThan, And }: FilterElement): LifecycleFilter {
  return {
    prefix: Prefix,
    tag: Tag && { key: Tag.Key, value: Tag.Value },
    sizeGreaterThan: ObjectSizeGreaterThan,
    sizeLessThan: ObjectSizeLessThan,
    and: And && {
      prefix: And.Prefix,
      tags: And.Tag.map(({ Key, Value }) => ({ key: Key, value: Value })),
      sizeGreaterThan: And.ObjectSizeGreaterThan,
      sizeLessThan: And.ObjectSizeLessThan,
    },
  };
}

function periodIn(period: {
  readonly NoncurrentDays?: number | undefined;
  readonly NewerNoncurrentVersions?: number | undefined;
}): NoncurrentPeriod {
  return { days: period.NoncurrentDays, newerVersions: period.NewerNoncurrentVersions };
}

export function lifecycleDocumentOf(rules: readonly LifecycleRule[]): LifecycleDocument {
  return { Rule: rules.map(ruleElement) };
}

function ruleElement(stored: LifecycleRule): RuleElement {
  const { expiration, noncurrentExpiration, abortUploadsAfter } = stored;
  return {
    ID: stored.id,
    Prefix: stored.prefix,
    Filter: stored.filter && filterElement(stored.filter),
    Status: stored.isEnabled ? 'Enabled' : 'Disabled',
    Expiration: expiration && {
      Date: expiration.date,
      Days: expiration.days,
      ExpiredObjectDeleteMarker: expiration.expiredObjectDeleteMarker,
    },
    Transition: stored.transitions.map((transition) => ({
      Date: transition.date,
      Days: transition.days,
      StorageClass: written(transition.storageClass),
    })),
    NoncurrentVersionExpiration: noncurrentExpiration && periodElement(noncurrentExpiration),
    NoncurrentVersionTransition: stored.noncurrentTransitions.map((period) => ({
      ...periodElement(period),
      StorageClass: written(period.storageClass),
    })),
    AbortIncompleteMultipartUpload:
      abortUploadsAfter === undefined ? undefined : { DaysAfterInitiation: abortUploadsAfter },
  };
}

/** Only classes that objects move to were let in. */
function written(name: StorageClass): (typeof transitionClasses)[number] {
  return name as (typeof transitionClasses)[number];
}

function periodElement({ days: noncurrentDays, newerVersions }: NoncurrentPeriod) {
  return { NoncurrentDays: noncurrentDays, NewerNoncurrentVersions: newerVersions };
}

function filterElement({ prefix, tag: one, and, sizeGreaterThan, sizeLessThan }: LifecycleFilter): FilterElement {
  return {
    Prefix: prefix,
    Tag: one && { Key: one.key, Value: one.value },
    ObjectSizeGreaterThan: sizeGreaterThan,
    ObjectSizeLessThan: sizeLessThan,
    And: and && {
      Prefix: and.prefix,
      Tag: and.tags.map(({ key, value }) => ({ Key: key, Value: value })),
      ObjectSizeGreaterThan: and.sizeGreaterThan,
      ObjectSizeLessThan: and.sizeLessThan,
    },
  };
}
