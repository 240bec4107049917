import { usageFailure } from './server-error.ts';

export type Tag = { readonly Key: string; readonly Value: string };

/** `key=value`, several of them, for commander: the values so far are handed on. */
export function tagOption(text: string, tags: readonly Tag[] = []): readonly Tag[] {
  const at = text.indexOf('=');
  if (at < 1) throw usageFailure(`${text} is no tag: it must be such as team=storage.`);
  return [...tags, { Key: text.slice(0, at), Value: text.slice(at + 1) }];
}

/** Several values of one option, for commander. */
export function severalOf(text: string, values: readonly string[] = []): readonly string[] {
  return [...values, text];
}

export function tagText(tags: readonly Tag[] | undefined): string {
  return tags === undefined || tags.length === 0 ? '-' : tags.map(({ Key, Value }) => `${Key}=${Value}`).join(', ');
}
