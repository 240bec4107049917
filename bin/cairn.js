#!/usr/bin/env node
// Plain JavaScript that Node.js 20 parses: an older runtime hands over to the pinned one, a new one goes on right here.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileCacheDirectory } from './compile-cache.js';
import { runPinnedNode, runsSources } from './pinned-node.js';

if (runsSources()) {
  const cache = compileCacheDirectory();
  if (cache !== undefined) {
    nodeModule.enableCompileCache(cache);
    // For the processes that this one starts.
    process.env.NODE_COMPILE_CACHE = cache;
  }
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
} else {
  runPinnedNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)], { leash: true });
}
