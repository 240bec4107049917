import { percentEncode } from '../tests/signing/sign-v4.ts';
import type { Operations } from './apply-load.ts';
import { prepareHeads } from './prepared-requests.ts';
import type { Plan, ScenarioOf } from './scenario-plan.ts';
import { keysPerFolder, listed, pageLength } from './scenarios.ts';
import type { StoredSets } from './stored-sets.ts';
import type { Target } from './target.ts';

/** A page of ListObjectsV2 and what must be in it. */
export interface ExpectedPage {
  readonly bucket: string;
  readonly delimiter?: string;
  readonly prefix?: string;
  readonly startAfter?: string;
  /** Keys, or common prefixes where there is a delimiter, all of them and in their order. */
  readonly entries: readonly string[];
}

/** The pages begin behind a known key instead of a token, so that they can be signed beforehand. */
export function pageOperations(target: Target, pages: readonly ExpectedPage[]): Operations {
  const heads = prepareHeads(target, pages.length, (index) => ({ method: 'GET', path: pathOf(pages[index]!) }));
  const checks = pages.map(checkOf);
  return {
    count: pages.length,
    begin: (index) => ({
      method: 'GET',
      head: heads(index),
      expected: { status: 200, check: checks[index]! },
    }),
  };
}

/** The query is in canonical order. */
function pathOf({ bucket, delimiter, prefix, startAfter }: ExpectedPage): string {
  const pairs = {
    delimiter,
    'list-type': '2',
    'max-keys': String(pageLength),
    prefix,
    'start-after': startAfter,
  };
  const query = Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `/${bucket}?${query.map(([name, value]) => `${name}=${percentEncode(value)}`).join('&')}`;
}

/** Looks for the entries one behind another, which costs less than to parse the document, and for none behind the last. */
function checkOf({ delimiter, entries }: ExpectedPage): (document: string) => string | undefined {
  const [before, after] =
    delimiter === undefined ? ['<Key>', '</Key>'] : ['<CommonPrefixes><Prefix>', '</Prefix></CommonPrefixes>'];
  const wanted = entries.map((entry) => `${before}${entry}${after}`);
  return (document) => {
    let at = 0;
    for (const text of wanted) {
      at = document.indexOf(before, at);
      if (at < 0 || !document.startsWith(text, at)) return `a page without ${text} in its place`;
      at += text.length;
    }
    return document.includes(before, at) ? `a page with more than ${wanted.length} entries` : undefined;
  };
}

/** All pages, the first or the last of 100,000 keys, or of their folders. */
export async function planListing(sets: StoredSets, { rollsUp, pages }: ScenarioOf<'list'>): Promise<Plan> {
  await sets.fill(listed);
  const bucket = sets.bucketName(listed.bucket);
  const keysPerEntry = rollsUp ? keysPerFolder : 1;
  const last = listed.count / (pageLength * keysPerEntry) - 1;
  const expected: ExpectedPage[] = [];
  for (let page = pages === 'last' ? last : 0; page <= (pages === 'first' ? 0 : last); page++) {
    const entries = Array.from({ length: pageLength }, (_, entry) => {
      const key = listed.keyOf((page * pageLength + entry) * keysPerEntry);
      return rollsUp ? key.slice(0, key.indexOf('/') + 1) : key;
    });
    const startAfter = page === 0 ? undefined : listed.keyOf(page * pageLength * keysPerEntry - 1);
    expected.push({ bucket, delimiter: rollsUp ? '/' : undefined, startAfter, entries });
  }
  const operations = pageOperations(sets.target, expected);
  return { operations, repeats: true, entriesPerOperation: pageLength };
}
