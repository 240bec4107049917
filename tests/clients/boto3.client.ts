import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { certificateFile, httpsSettings } from './https.ts';

const scenarioFile = fileURLToPath(new URL('boto3_scenario.py', import.meta.url));

const scenarios: readonly (readonly [name: string, what: string])[] = [
  ['transfers', 'the transfer manager brings back the bytes that it sent'],
  ['presigned', 'presigned requests'],
  ['pages', 'paginators'],
  ['waiters', 'waiters and error codes'],
  ['conditions', 'conditions, ranges and versions'],
];

for (const https of [false, true]) {
  for (const [name, what] of scenarios) {
    clientTest('boto3-python', `${what} over ${https ? 'HTTPS' : 'HTTP'}`, async (t, python) => {
      const server = await spawnServer(t, { environment: { CAIRN_SIGV2: 'on', ...(https ? httpsSettings : {}) } });
      const directory = await temporaryDirectory(t);
      const environment = {
        CAIRN_TEST_ENDPOINT: server.url,
        AWS_ACCESS_KEY_ID: server.accessKey,
        AWS_SECRET_ACCESS_KEY: server.secretKey,
        AWS_DEFAULT_REGION: 'us-east-1',
        ...(https ? { AWS_CA_BUNDLE: certificateFile, SSL_CERT_FILE: certificateFile } : {}),
      };
      assert.equal(await python([scenarioFile, name], { environment, directory }), 'done\n');
    });
  }
}
