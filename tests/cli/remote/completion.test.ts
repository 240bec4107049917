import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { completionScripts } from '../../../src/cli/completion/scripts.ts';
import { makeUser } from '../../identity/make-user.ts';
import { startS3Server, type TestServer } from '../../s3-server.ts';
import { type RemoteCommands, remoteCommands } from './run-remote.ts';

let server: TestServer;
let commands: RemoteCommands;
const undo: (() => Promise<void>)[] = [];
before(async () => {
  server = await startS3Server();
  commands = await remoteCommands({ after: (fn) => void undo.push(fn) }, server);
});
after(async () => {
  for (const each of undo) await each();
  await server[Symbol.asyncDispose]();
});

const complete = async (...words: string[]) => {
  const { code, output } = await commands.run(['__complete', ...words]);
  assert.equal(code, 0);
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0]);
};

test('nouns, verbs and options come from the commands that there are', async () => {
  assert.deepEqual((await complete('us')).sort(), ['usage', 'user']);
  assert.ok((await complete('user', '')).includes('add-to-group'));
  assert.deepEqual(await complete('user', 'create', '--bo'), ['--boundary']);
  assert.deepEqual(await complete('policy', 'list', '--scope', ''), ['Local', 'AWS', 'All']);
  assert.deepEqual(await complete('kms', 'key', 'ro'), ['rotate']);
  assert.deepEqual(await complete('no-such', 'thing', ''), []);
  assert.deepEqual(await complete('completion', 'z'), ['zsh']);
});

test('names come from the server and from the profiles', async () => {
  await commands.file('.keep', '');
  await makeUser(server, { name: 'completed' });
  const path = await commands.file('config', '[profile far]\nendpoint_url = http://127.0.0.1:1\n');
  const { output } = await commands.run(['__complete', 'user', 'list', '--profile', ''], {
    environment: { AWS_CONFIG_FILE: path },
  });
  assert.match(output, /^far\thttp/);
  assert.deepEqual(await complete('user', 'show', 'comp'), ['completed']);
  assert.deepEqual(await complete('user', 'show', '--json', 'comp'), ['completed']);
  assert.deepEqual(await complete('key', 'list', '--user', 'comp'), ['completed']);
});

test('a server that is not there leaves the line as it is', async () => {
  const { code, output, notes } = await commands.run(['__complete', 'user', 'show', ''], {
    environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
  });
  assert.deepEqual([code, output, notes], [0, '', '']);
});

test('each script is one that its shell reads', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const { output } = await commands.run(['completion', shell]);
    assert.equal(output, completionScripts[shell].trimEnd());
    await t.test(shell, async (t) => {
      try {
        await promisify(execFile)(shell, ['-n', '-c', output]);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return t.skip(`${shell} is not installed`);
        throw error;
      }
    });
  }
});
