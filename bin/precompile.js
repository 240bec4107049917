#!/usr/bin/env node
// Run after an install: loads the program once, so that its compiled form is kept and the very first start is as fast
// as any other. Only a convenience: whatever goes wrong here, the install goes on.
import { spawnSync } from 'node:child_process';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileCacheDirectory } from './compile-cache.js';
import { findPinnedNode, runsSources } from './pinned-node.js';

const entries = ['main', 'processes/spawn', 'processes/primary', 'processes/worker', 'processes/background'];
const composed = ['processes/product-composition', 'processes/compose-server', 'processes/background-work'];

try {
  const cache = compileCacheDirectory();
  const pinned = findPinnedNode();
  if (runsSources() && cache !== undefined) {
    nodeModule.enableCompileCache(cache);
    for (const name of [...entries, ...composed, 'processes/command']) {
      await import(new URL(`../src/${name}.ts`, import.meta.url).href);
    }
    nodeModule.flushCompileCache();
  } else if (!runsSources() && pinned !== undefined) {
    spawnSync(pinned, [fileURLToPath(import.meta.url)], { stdio: 'ignore' });
  }
} catch {}
// Native modules may hold the process open.
process.exit(0);
