#!/usr/bin/env node
// Plain JavaScript that Node.js 20 parses: an older runtime hands over to the pinned one, a new one goes on right here.
import { fileURLToPath } from 'node:url';
import { runPinnedNode, runsSources } from './pinned-node.js';

if (runsSources()) {
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
} else {
  runPinnedNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)], { leash: true });
}
