#!/usr/bin/env node
// Runs the pinned Node.js with the given arguments: `node bin/with-node.js --test 'src/**/*.test.ts'`.
import { runPinnedNode } from './pinned-node.js';

runPinnedNode(process.argv.slice(2), { leash: false });
