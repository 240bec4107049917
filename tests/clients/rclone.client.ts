import assert from 'node:assert/strict';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { certificateFile, httpsSettings } from './https.ts';
import { digestsBelow, plantTree } from './trees.ts';

for (const https of [false, true]) {
  clientTest('rclone', `copy, check, sync and move over ${https ? 'HTTPS' : 'HTTP'}`, async (t, client) => {
    const server = await spawnServer(t, { environment: https ? httpsSettings : {} });
    const directory = await temporaryDirectory(t);
    const environment = {
      RCLONE_CONFIG: join(directory, 'rclone.conf'),
      RCLONE_CONFIG_CAIRN_TYPE: 's3',
      RCLONE_CONFIG_CAIRN_PROVIDER: 'Other',
      RCLONE_CONFIG_CAIRN_ENDPOINT: server.url,
      RCLONE_CONFIG_CAIRN_REGION: 'us-east-1',
      RCLONE_CONFIG_CAIRN_ACCESS_KEY_ID: server.accessKey,
      RCLONE_CONFIG_CAIRN_SECRET_ACCESS_KEY: server.secretKey,
      // Parts of 5 MiB, so that the largest file goes in two.
      RCLONE_CONFIG_CAIRN_UPLOAD_CUTOFF: '5M',
      RCLONE_CONFIG_CAIRN_COPY_CUTOFF: '5M',
      RCLONE_CONFIG_CAIRN_CHUNK_SIZE: '5M',
      ...(https ? { RCLONE_CA_CERT: certificateFile } : {}),
      RCLONE_RETRIES: '1',
      RCLONE_LOW_LEVEL_RETRIES: '1',
    };
    const rclone = (...args: string[]) => client(args, { environment, directory });
    const source = join(directory, 'source');
    await plantTree(source);

    await rclone('mkdir', 'cairn:bucket');
    await rclone('copy', 'source', 'cairn:bucket/tree');
    await rclone('check', 'source', 'cairn:bucket/tree');
    await rclone('check', '--download', 'source', 'cairn:bucket/tree');
    await rm(join(source, 'one byte'));
    await appendFile(join(source, 'large.bin'), 'and more');
    await rclone('sync', 'source', 'cairn:bucket/tree');
    await rclone('copy', 'cairn:bucket/tree', 'cairn:bucket/copy');
    await rclone('moveto', 'cairn:bucket/copy', 'cairn:bucket/moved');
    await rclone('sync', 'cairn:bucket/moved', 'target');
    assert.deepEqual(await digestsBelow(join(directory, 'target')), await digestsBelow(source));
    // Modification times are kept in metadata, so that nothing is sent again: that is what ending with 9 says.
    await assert.rejects(
      rclone('copy', '--error-on-no-transfer', 'source', 'cairn:bucket/moved'),
      (error: Error) => (error.cause as { code?: unknown }).code === 9,
    );

    assert.equal(await client(['rcat', 'cairn:bucket/streamed'], { environment, directory, input: 'by stream' }), '');
    assert.equal(await rclone('cat', 'cairn:bucket/streamed'), 'by stream');
    assert.match(await rclone('size', 'cairn:bucket'), /Total objects: \d+/);
    await rclone('purge', 'cairn:bucket');
    assert.equal(await rclone('lsd', 'cairn:'), '');
  });
}
