import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../start/spawn-server.ts';
import { forkServer } from './fork-server.ts';

const options = { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } };

test('a server that cannot start fails its test at once, with what it said', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  await writeFile(data, 'no directory');
  await assert.rejects(forkServer([data], options), /the server ended \(\d+\): [\s\S]*not a directory/i);
});

test('a server that cannot even be loaded does so too', async () => {
  const broken = { ...options, execArgv: ['--import', 'data:text/javascript,throw new Error("cannot be loaded")'] };
  await assert.rejects(forkServer(['unused'], broken), /the server ended \(\d+\): [\s\S]*cannot be loaded/);
});

test('so does one whose program is not there', async () => {
  await assert.rejects(forkServer(['unused'], { ...options, execPath: '/no/such/program' }), /ENOENT/);
});

test('a server that dies before it answers rejects the wish', async (t) => {
  const server = await forkServer([join(await temporaryDirectory(t), 'data')], options);
  const asked = server.ask({ type: 'reclaim' });
  server.child.kill('SIGKILL');
  await assert.rejects(asked, /the server ended \(SIGKILL\)/);
});
