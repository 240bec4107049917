/** Keys and common prefixes of one page of a listing. */
export interface ListedPage {
  readonly Contents?: readonly { readonly Key?: string }[];
  readonly CommonPrefixes?: readonly { readonly Prefix?: string }[];
}

export function keysOf({ Contents = [] }: ListedPage): string[] {
  return Contents.map(({ Key }) => Key!);
}

export function prefixesOf({ CommonPrefixes = [] }: ListedPage): string[] {
  return CommonPrefixes.map(({ Prefix }) => Prefix!);
}

/** Keys in an order that only a comparison of UTF-8 bytes gives: UTF-16 has U+FF5E behind U+1F600. */
export const trickyKeys = [
  ' leading',
  '!',
  '..',
  '//',
  'A',
  'a',
  'a b+c%20',
  'a!',
  'a/',
  'a/../b',
  'a/b',
  'a/b/c',
  'a0',
  'b',
  'z<&>"',
  'é',
  '\uff5e',
  '😀',
];

/** What a listing of `keys` has: an independent, naive model. */
export function modelOf(
  keys: readonly string[],
  { prefix = '', delimiter = '' },
): { keys: string[]; prefixes: string[] } {
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const plain: string[] = [];
  const prefixes = new Set<string>();
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (at < 0) plain.push(key);
    else prefixes.add(key.slice(0, at + delimiter.length));
  }
  return { keys: plain, prefixes: [...prefixes] };
}
