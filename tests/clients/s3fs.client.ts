import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { appendFile, cp, mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually, type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest, type RunClient } from './client-programs.ts';
import { digestsBelow, plantTree } from './trees.ts';

function obstacle(): string | undefined {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    return 'no FUSE here: /dev/fuse cannot be opened';
  }
}

async function makeBucket({ url, accessKey, secretKey }: SpawnedServer): Promise<void> {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  client.destroy();
}

interface Mounting {
  readonly s3fs: RunClient;
  readonly directory: string;
  readonly options: string;
}

/** Runs `use` while the bucket is mounted at `mount`; false where this machine lets nobody mount. */
async function whileMounted({ s3fs, directory, options }: Mounting, use: () => Promise<void>): Promise<boolean> {
  const mount = join(directory, 'mount');
  await mkdir(mount, { recursive: true });
  const device = (await stat(mount)).dev;
  const run = s3fs(['bucket', 'mount', '-f', '-o', options], { directory });
  let failure: unknown;
  run.then(
    () => {
      failure = new Error('s3fs ended before it was told to');
    },
    (error: unknown) => {
      failure = error;
    },
  );
  const mounted = await eventually(async () => {
    if (failure !== undefined) return false;
    return (await stat(mount)).dev === device ? undefined : true;
  });
  if (!mounted) {
    if (/fuse\w*: (mount failed|device not found|failed to open)|not permitted/i.test(String(failure))) return false;
    throw failure;
  }
  try {
    await use();
  } finally {
    await promisify(execFile)('fusermount', ['-u', mount]);
    await run;
  }
  return true;
}

for (const style of ['path', 'virtual-host']) {
  clientTest(
    's3fs',
    `a tree written, changed and read through a mount, with ${style} addresses`,
    async (t, s3fs) => {
      const server = await spawnServer(t, { environment: { CAIRN_DOMAINS: 'localhost' } });
      const directory = await temporaryDirectory(t);
      await writeFile(join(directory, 'passwd'), `${server.accessKey}:${server.secretKey}`, { mode: 0o600 });
      const local = join(directory, 'local');
      const tree = join(directory, 'mount', 'tree');
      // curl, which s3fs is made with, knows by itself that bucket.localhost is this machine.
      const address =
        style === 'path' ? `url=${server.url},use_path_request_style` : `url=http://localhost:${server.port}`;
      const options = `${address},endpoint=us-east-1,passwd_file=passwd,multipart_size=5`;

      /** The same to the tree in the bucket and to the one on disk. */
      const change = async (below: string) => {
        await rename(join(below, 'dir'), join(below, 'renamed dir'));
        await appendFile(join(below, 'large.bin'), 'and more');
        await truncate(join(below, 'one byte'), 100_000);
        await rm(join(below, 'empty'));
        await mkdir(join(below, 'new'));
        await rename(join(below, 'large.bin'), join(below, 'new', 'moved.bin'));
      };

      await plantTree(local);
      await makeBucket(server);
      const could = await whileMounted({ s3fs, directory, options }, async () => {
        await cp(local, tree, { recursive: true });
        assert.deepEqual(await digestsBelow(tree), await digestsBelow(local));
        await change(local);
        await change(tree);
      });
      if (!could) return t.skip('this machine lets nobody mount');
      await whileMounted({ s3fs, directory, options }, async () => {
        assert.deepEqual(await digestsBelow(tree), await digestsBelow(local));
        await rm(tree, { recursive: true });
        assert.deepEqual(await readdir(join(directory, 'mount')), []);
      });
    },
    { obstacle },
  );
}
