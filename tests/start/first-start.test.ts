import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeholder, runToEnd, spawnServer, temporaryDirectory } from './spawn-server.ts';

const ownCredentials = { CAIRN_ROOT_ACCESS_KEY: '', CAIRN_ROOT_SECRET_KEY: '' };

test('the first start prints root credentials and where they are kept, the second does not', async (t) => {
  const data = join(await temporaryDirectory(t), 'data');
  const options = { data, entry: placeholder, environment: ownCredentials };
  const first = await spawnServer(t, options);
  const file = await readFile(join(data, 'root-credentials'), 'utf8');
  const accessKey = /aws_access_key_id = (CAIRN[A-Z2-7]{15})/.exec(file)?.[1];
  const secretKey = /aws_secret_access_key = ([A-Za-z0-9]{40})/.exec(file)?.[1];
  assert.ok(accessKey && secretKey, file);
  for (const said of [accessKey, secretKey, first.url, 'root-credentials', 'aws --endpoint-url']) {
    assert.ok(first.output().includes(said), `${said} is not in:\n${first.output()}`);
  }
  assert.equal(await first.stop(), 0);
  const second = await spawnServer(t, options);
  assert.equal(second.output(), '');
  assert.ok(!second.errors().includes(secretKey));
  assert.equal(await readFile(join(data, 'root-credentials'), 'utf8'), file);
});

test('what the first start makes is readable by its owner only', async (t) => {
  const { data } = await spawnServer(t, { entry: placeholder, environment: ownCredentials });
  for (const [name, mode] of Object.entries({ '.': 0o700, 'master.key': 0o600, 'root-credentials': 0o600 })) {
    assert.equal((await stat(join(data, name))).mode & 0o777, mode, name);
  }
});

test('credentials given by settings are neither printed nor kept', async (t) => {
  const server = await spawnServer(t, { entry: placeholder });
  assert.ok(!`${server.output()}${server.errors()}`.includes(server.secretKey));
  await assert.rejects(stat(join(server.data, 'root-credentials')));
});

test('a data directory of a newer format is refused and left as it is', async (t) => {
  const data = await temporaryDirectory(t);
  await writeFile(join(data, 'format.json'), '{"format":99}');
  const { code, errors } = await runToEnd(t, { data, entry: placeholder });
  assert.equal(code, 1);
  assert.match(errors, /^cairn: .* has format 99, this version of Cairn knows formats up to \d+: .*\n$/);
  assert.equal(await readFile(join(data, 'format.json'), 'utf8'), '{"format":99}');
  await assert.rejects(stat(join(data, 'master.key')));
});

test('a directory that holds something else is refused', async (t) => {
  const data = await temporaryDirectory(t);
  await writeFile(join(data, 'letter.txt'), 'dear');
  const { code, errors } = await runToEnd(t, { data, entry: placeholder });
  assert.equal(code, 1);
  assert.match(errors, /not a data directory of Cairn .*letter\.txt/);
});

test('a lost master key is refused, not replaced', async (t) => {
  const data = await temporaryDirectory(t);
  await writeFile(join(data, 'format.json'), '{"format":1}');
  await mkdir(join(data, 'metadata'));
  await writeFile(join(data, 'metadata', 'data.mdb'), 'records');
  const { code, errors } = await runToEnd(t, { data, entry: placeholder });
  assert.equal(code, 1);
  assert.match(errors, /master\.key is missing/);
  await assert.rejects(stat(join(data, 'master.key')));
});
