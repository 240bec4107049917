import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { digestsBelow, plantTree } from './trees.ts';

clientTest('restic', 'backup, check, forget, prune and restore', async (t, client) => {
  const server = await spawnServer(t);
  const directory = await temporaryDirectory(t);
  const environment = {
    HOME: directory,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
    RESTIC_REPOSITORY: `s3:${server.url}/backups/of-a-tree`,
    RESTIC_PASSWORD: 'a password',
    RESTIC_CACHE_DIR: join(directory, 'cache'),
  };
  const restic = (...args: string[]) => client(args, { environment, directory });
  const source = join(directory, 'source');
  await plantTree(source);

  await restic('init');
  await restic('backup', 'source');
  await appendFile(join(source, 'large.bin'), 'and more');
  await restic('backup', 'source');
  await restic('check', '--read-data');
  await restic('forget', '--keep-last', '1', '--prune');
  await restic('check', '--read-data');
  assert.equal(JSON.parse(await restic('snapshots', '--json')).length, 1);
  await restic('restore', 'latest', '--target', 'target');
  assert.deepEqual(await digestsBelow(join(directory, 'target', 'source')), await digestsBelow(source));
});
