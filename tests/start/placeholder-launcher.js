// What bin/cairn.js does, for the placeholder server: plain JavaScript for whatever Node.js the machine has.
import { fileURLToPath } from 'node:url';
import { runPinnedNode, runsSources } from '../../bin/pinned-node.js';

const server = new URL('./placeholder-server.ts', import.meta.url);
if (runsSources()) {
  process.argv[1] = fileURLToPath(server);
  await import(server.href);
} else {
  runPinnedNode([fileURLToPath(server), ...process.argv.slice(2)], { leash: true });
}
