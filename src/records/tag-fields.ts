import type { Tag } from '../domain/tagging.ts';

/** As `[key, value, key, value …]`. */
export function packTags(tags: readonly Tag[]): readonly string[] {
  return tags.flatMap(({ key, value }) => [key, value]);
}

export function unpackTags(packed: unknown): readonly Tag[] {
  const texts = packed as readonly string[];
  const tags: Tag[] = [];
  for (let i = 0; i < texts.length; i += 2) tags.push({ key: texts[i]!, value: texts[i + 1]! });
  return tags;
}
