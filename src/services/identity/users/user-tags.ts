import { StorageError } from '../../../domain/errors.ts';
import type { Tag } from '../../../domain/tagging.ts';

const maximumTags = 50;

/**
 * The tags with `added` over them: keys are the same whatever their case, and the value and the spelling that came last
 * stand. Throws LimitExceeded for more than fifty.
 */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const byKey = new Map(tags.map((tag) => [tag.key.toLowerCase(), tag]));
  for (const tag of added) byKey.set(tag.key.toLowerCase(), tag);
  if (byKey.size > maximumTags) {
    throw new StorageError('LimitExceeded', {
      message: `The number of tags has reached the maximum limit of ${maximumTags}.`,
    });
  }
  return [...byKey.values()];
}

/** Keys that are not there are none to remove. */
export function withoutTags(tags: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const removed = new Set(keys.map((key) => key.toLowerCase()));
  return tags.filter(({ key }) => !removed.has(key.toLowerCase()));
}
