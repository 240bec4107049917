import { setTimeout as wait } from 'node:timers/promises';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { main } from '../../src/main.ts';
import { composeServer } from '../../src/processes/compose-server.ts';
import { openEngines } from '../../src/processes/engines.ts';
import { productComposition } from '../../src/processes/product-composition.ts';

/** Longer than a disk takes, so that a kill meets it. */
const lateMilliseconds = 30;

/** Answers as soon as a transaction's body has run, and commits a moment later. */
function lying(inner: MetadataEngine): MetadataEngine {
  return {
    get: (key) => inner.get(key),
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    close: () => inner.close(),
    transact: (body) =>
      new Promise((resolve, reject) => {
        const committed = inner.transact(async (transaction) => {
          resolve(await body(transaction));
          await wait(lateMilliseconds);
        });
        committed.catch(reject);
      }),
  };
}

/** The whole program, over a metadata engine that acknowledges what is not on disk yet. */
await main(process.argv.slice(2), {
  ...productComposition,
  loadServer: async () => (context) =>
    composeServer(context, async (settings) => {
      const engines = await openEngines(settings);
      return { ...engines, metadata: lying(engines.metadata) };
    }),
});
