import { once } from 'node:events';
import type { MetadataEngine } from '../metadata-engine.ts';
import { openLmdbMetadataEngine } from './lmdb-metadata-engine.ts';

/** Puts values that cannot be mistaken for one another, many at a time, so that the data file grows. */
export async function putMany(engine: MetadataEngine, name: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += 8) {
    const group = Array.from({ length: Math.min(8, count - first) }, (_, i) => first + i);
    await Promise.all(group.map((i) => engine.transact((tx) => tx.put(keyOf(name, i), contentOf(name, i)))));
  }
}

/** How many of them are there, and what they should be. */
export async function countIntact(engine: MetadataEngine, name: string, count: number): Promise<number> {
  let intact = 0;
  for (let i = 0; i < count; i++) {
    const value = await engine.get(keyOf(name, i));
    if (value?.equals(contentOf(name, i))) intact++;
  }
  return intact;
}

const keyOf = (name: string, i: number) => Buffer.from(`${name}-${i}`);
const contentOf = (name: string, i: number) => Buffer.alloc(4096, `${name} ${i} `);

/** Run as a process of its own by the tests beside: says that it is ready, waits for a word, then puts. */
async function putInChild(directory: string, name: string, count: number): Promise<void> {
  const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
  process.send?.('ready');
  if (process.send) await once(process, 'message');
  await putMany(engine, name, count);
  await engine.close();
  process.disconnect?.();
}

const [, program, directory, name, count] = process.argv;
if (program === import.meta.filename && directory !== undefined) await putInChild(directory, name!, Number(count));
