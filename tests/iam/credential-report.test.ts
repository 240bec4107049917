import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Calls, callsOf } from '../identity/identity-calls.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
let call: Calls;
before(async () => {
  server = await startS3Server();
  call = callsOf(server);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

test('tells of each user the state of password and keys', async () => {
  const { accountId } = await server.identity.resolveAccount('root');
  await call.ok('CreateUser', { UserName: 'with,comma' });
  await call.ok('CreateUser', { UserName: 'bare' });
  await call.ok('CreateAccessKey', { UserName: 'with,comma' });
  await call.ok('CreateLoginProfile', { UserName: 'with,comma', Password: 'Long enough 1' });
  assert.equal(elementOf(await call.ok('GenerateCredentialReport'), 'State'), 'COMPLETE');
  const report = await call.ok('GetCredentialReport');
  assert.equal(elementOf(report, 'ReportFormat'), 'text/csv');
  const lines = Buffer.from(elementOf(report, 'Content') ?? '', 'base64')
    .toString()
    .trimEnd()
    .split('\n');
  assert.match(lines[0] ?? '', /^user,arn,user_creation_time,password_enabled,/);
  assert.match(lines[1] ?? '', new RegExp(`^<root_account>,arn:aws:iam::${accountId}:root,.*,true,`));
  assert.match(lines[2] ?? '', /^bare,[^,]*,[^,]*,false,N\/A,N\/A,N\/A,false,false,N\/A/);
  assert.match(lines[3] ?? '', /^"with,comma","arn:aws:iam::\d+:user\/with,comma",[^,]*,true,no_information,/);
  assert.equal(lines.length, 4);
  const fields = (line: string) => line.replaceAll(/"[^"]*"/g, 'x').split(',').length;
  assert.deepEqual(lines.map(fields), [22, 22, 22, 22]);
});
