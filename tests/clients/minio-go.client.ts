import assert from 'node:assert/strict';
import { join } from 'node:path';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { certificateFile, httpsSettings } from './https.ts';
import { digestsBelow, plantTree } from './trees.ts';

for (const https of [false, true]) {
  clientTest('minio-go-client', `a tree there and back over ${https ? 'HTTPS' : 'HTTP'}`, async (t, client) => {
    const server = await spawnServer(t, { environment: https ? httpsSettings : {} });
    const directory = await temporaryDirectory(t);
    const source = join(directory, 'source');
    const target = join(directory, 'target');
    await plantTree(source);
    const environment = {
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
      SSL_CERT_FILE: certificateFile,
    };
    assert.equal(await client([server.url, source, target], { environment, directory }), 'done\n');
    assert.deepEqual(await digestsBelow(target), await digestsBelow(source));
  });
}
