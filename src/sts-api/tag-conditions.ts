import type { MoreConditions } from '../wire/query/query-operation.ts';

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export function tagConditions(written: readonly { readonly Key: string; readonly Value: string }[]): MoreConditions {
  if (written.length === 0) return {};
  const conditions: Record<string, string[]> = { 'aws:tagkeys': written.map(({ Key }) => Key) };
  for (const { Key, Value } of written) conditions[`aws:requesttag/${Key.toLowerCase()}`] = [Value];
  return conditions;
}
