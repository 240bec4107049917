import { fileURLToPath } from 'node:url';
import { spawnServer } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { askOneByOne } from './scenario/ask-one-by-one.ts';
import { runScenario } from './scenario/run-scenario.ts';
import { scenarios } from './scenario/scenarios.ts';

const program = fileURLToPath(new URL('identity_steps.py', import.meta.url));

clientTest('boto3-python', 'identity: every scenario, twice', async (t, python) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const environment = {
    CAIRN_TEST_ENDPOINT: server.url,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  for (const turn of ['first', 'second']) {
    for (const [name, steps] of scenarios) {
      await t.test(`${name}, ${turn} time`, async () => {
        const output = await python([program], { environment, input: JSON.stringify(steps) });
        await runScenario(steps, askOneByOne(output), { namesClasses: true });
      });
    }
  }
});
