import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, good, warning } from './finding.ts';

/** Who else may read what is in a data directory. Who asks must be the user of the server, or all access is in doubt. */
export async function checkAccess(directory: string): Promise<Finding> {
  if (process.platform === 'win32') return good('access', directory);
  const wide: string[] = [];
  const foreign: string[] = [];
  for (const name of ['.', 'master.key', 'root-credentials', 'metadata', 'metadata/metadata.mdb', 'blobs']) {
    const status = await stat(join(directory, name)).catch(() => undefined);
    if (status === undefined) continue;
    if ((status.mode & 0o077) !== 0) wide.push(name);
    if (status.uid !== process.getuid?.()) foreign.push(name);
  }
  const [owner, others] = [`chown -R the server's user ${directory}`, `chmod -R go= ${directory}`];
  if (foreign.length > 0) {
    const found = `${foreign.join(', ')} belong to another user than this one`;
    return warning('access', found, `Run this as the server's user; if it is that already: ${owner}.`);
  }
  if (wide.length > 0) return warning('access', `other users can read ${wide.join(', ')}`, `Run ${others}.`);
  return good('access', 'its owner only');
}
