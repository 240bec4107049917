import { once } from 'node:events';
import { openLmdbMetadataEngine } from './lmdb-metadata-engine.ts';

/**
 * Run as a process of its own by the tests beside: says that it is ready, waits for a word, then counts the key up a
 * hundred times, telling each number once it is committed.
 */
async function incrementInChild(directory: string): Promise<void> {
  const key = Buffer.from('key');
  const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
  process.send?.('ready');
  await once(process, 'message');
  for (let i = 0; i < 100; i++) {
    const committed = await engine.transact(async (tx) => {
      const next = Number((await tx.get(key)) ?? 0) + 1;
      tx.put(key, Buffer.from(String(next)));
      return next;
    });
    process.send?.(committed);
  }
  await engine.close();
  process.disconnect?.();
}

const [, program, directory] = process.argv;
if (program === import.meta.filename && directory !== undefined) await incrementInChild(directory);
