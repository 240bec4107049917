import type { Tag } from '../domain/tagging.ts';
import { compareUtf8 } from '../foundation/byte-order.ts';
import { element, type Infer, list, text } from '../wire/xml/schema.ts';

/** The document that gives tags and takes them, of buckets and of objects. */
export const tagging = {
  root: 'Tagging',
  schema: element({ TagSet: element({ Tag: list(element({ Key: text(), Value: text() })) }) }),
};
type Tagging = Infer<(typeof tagging)['schema']>;

export function tagsIn({ TagSet }: Tagging): Tag[] {
  return TagSet.Tag.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** S3 gives tags in the order of their keys, whatever the order in which they came. */
export function taggingOf(tags: readonly Tag[]): Tagging {
  const sorted = [...tags].sort((a, b) => compareUtf8(a.key, b.key));
  return { TagSet: { Tag: sorted.map(({ key, value }) => ({ Key: key, Value: value })) } };
}
