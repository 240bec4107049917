import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';
import { askOneByOne } from './scenario/ask-one-by-one.ts';
import { runScenario } from './scenario/run-scenario.ts';
import { scenarios } from './scenario/scenarios.ts';

const program = fileURLToPath(new URL('awscli_steps.py', import.meta.url));

for (const [name, steps] of scenarios) {
  clientTest('boto3-python', `the AWS CLI, identity: ${name}`, async (t, python) => {
    const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
    const directory = await temporaryDirectory(t);
    // The server is asked what it says of values that the program would not send.
    await writeFile(join(directory, 'config'), '[default]\nparameter_validation = false\n');
    const environment = {
      HOME: directory,
      AWS_CONFIG_FILE: join(directory, 'config'),
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
    };
    const output = await python([program], { environment, directory, input: JSON.stringify(steps) });
    await runScenario(steps, askOneByOne(output), { namesClasses: false });
  });
}
