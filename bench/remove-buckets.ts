import { applyLoad } from './apply-load.ts';
import { ask } from './ask.ts';
import { prepareHeads } from './prepared-requests.ts';
import type { Target } from './target.ts';

/** Removes buckets of a run with everything in them, open uploads too. What is not there is no error. */
export async function removeBuckets(target: Target, names: readonly string[]): Promise<void> {
  const there = valuesIn(await ask(target, { method: 'GET', path: '/' }), 'Name');
  for (const name of names.filter((bucket) => there.includes(bucket))) {
    await abortUploads(target, name);
    await removeObjects(target, name);
    await ask(target, { method: 'DELETE', path: `/${name}` });
  }
}

async function abortUploads(target: Target, bucket: string): Promise<void> {
  for (;;) {
    const page = await ask(target, { method: 'GET', path: `/${bucket}`, query: [['uploads', '']] });
    const keys = valuesIn(page, 'Key');
    const ids = valuesIn(page, 'UploadId');
    if (keys.length === 0) return;
    for (const [index, key] of keys.entries()) {
      await ask(target, { method: 'DELETE', path: `/${bucket}/${key}`, query: [['uploadId', ids[index]!]] });
    }
  }
}

async function removeObjects(target: Target, bucket: string): Promise<void> {
  for (;;) {
    const page = await ask(target, { method: 'GET', path: `/${bucket}`, query: [['list-type', '2']] });
    const keys = valuesIn(page, 'Key');
    if (keys.length === 0) return;
    // Keys of a run are made of letters, digits, hyphens and slashes.
    const heads = prepareHeads(target, keys.length, (index) => ({
      method: 'DELETE',
      path: `/${bucket}/${keys[index]!}`,
    }));
    const begin = (index: number) => ({
      method: 'DELETE' as const,
      head: heads(index),
      expected: { status: 204 },
    });
    const operations = { count: keys.length, begin };
    await applyLoad(target, { operations, connections: 32, from: 0, until: keys.length, seconds: 120 });
  }
}

function valuesIn(document: string, element: string): readonly string[] {
  return Array.from(document.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g')), ([, value]) => value!);
}
