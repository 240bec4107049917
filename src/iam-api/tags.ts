import { StorageError } from '../domain/errors.ts';
import type { Tag } from '../domain/tagging.ts';
import type { MoreConditions } from '../wire/query/query-operation.ts';
import { element, list, text } from '../wire/xml/schema.ts';

/** As IAM spells them. */
export interface WrittenTag {
  readonly Key: string;
  readonly Value: string;
}

/** A list of tags in an answer. */
export const tagList = element({ member: list(element({ Key: text(), Value: text() })) });

/** Throws InvalidInput for a key that is there twice, whatever its case, and for those of the system. */
export function tagsIn(written: readonly WrittenTag[]): readonly Tag[] {
  const keys = new Set<string>();
  for (const { Key } of written) {
    const lower = Key.toLowerCase();
    if (lower.startsWith('aws:')) {
      throw new StorageError('InvalidInput', { message: 'Tag keys that begin with aws: are reserved.' });
    }
    if (keys.has(lower)) {
      throw new StorageError('InvalidInput', { message: 'Duplicate tag keys found. Tag keys are not case sensitive.' });
    }
    keys.add(lower);
  }
  return written.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

export function writtenTags(tags: readonly Tag[]): { readonly member: readonly WrittenTag[] } {
  return { member: tags.map(({ key, value }) => ({ Key: key, Value: value })) };
}

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export function tagConditions(written: readonly WrittenTag[]): MoreConditions {
  if (written.length === 0) return {};
  const conditions: Record<string, string[]> = { 'aws:tagkeys': written.map(({ Key }) => Key) };
  for (const { Key, Value } of written) conditions[`aws:requesttag/${Key.toLowerCase()}`] = [Value];
  return conditions;
}

/** `aws:ResourceTag/…` and `iam:ResourceTag/…`: the tags of what a request is about. */
export function resourceTagConditions(tags: readonly Tag[]): MoreConditions {
  const conditions: Record<string, string[]> = {};
  for (const { key, value } of tags) {
    conditions[`aws:resourcetag/${key.toLowerCase()}`] = [value];
    conditions[`iam:resourcetag/${key.toLowerCase()}`] = [value];
  }
  return conditions;
}

/** `aws:TagKeys` of a request that takes tags away. */
export function tagKeyConditions(keys: readonly string[]): MoreConditions {
  return keys.length === 0 ? {} : { 'aws:tagkeys': keys };
}
