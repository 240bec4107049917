import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { clientTest } from './client-programs.ts';

clientTest('aws', 'sts: a profile with role_arn and source_profile is the role, in S3 too', async (t, aws) => {
  const server = await spawnServer(t, { environment: { CAIRN_SYNC: 'relaxed' } });
  const directory = await temporaryDirectory(t);
  const common = { HOME: directory, AWS_ENDPOINT_URL: server.url, AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' };
  await mkdir(join(directory, '.aws'));
  const config = ['[default]', 'region = us-east-1', `aws_access_key_id = ${server.accessKey}`];
  config.push(`aws_secret_access_key = ${server.secretKey}`);
  await writeFile(join(directory, '.aws/config'), config.join('\n'));
  const root = async (...args: string[]) =>
    JSON.parse((await aws(args, { environment: common, directory })) || '{}') as Record<string, Record<string, string>>;
  const account = String((await root('sts', 'get-caller-identity')).Account);
  await root('iam', 'create-user', '--user-name', 'source');
  const { AccessKey } = await root('iam', 'create-access-key', '--user-name', 'source');
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
  };
  const may = (Action: string) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
  await root('iam', 'create-role', '--role-name', 'target', '--assume-role-policy-document', JSON.stringify(trust));
  await root('iam', 'put-role-policy', '--role-name', 'target', '--policy-name', 'p', '--policy-document', may('s3:*'));
  await root(
    'iam',
    'put-user-policy',
    '--user-name',
    'source',
    '--policy-name',
    'p',
    '--policy-document',
    may('sts:AssumeRole'),
  );
  config.push('[profile source]', `aws_access_key_id = ${AccessKey!.AccessKeyId}`);
  config.push(`aws_secret_access_key = ${AccessKey!.SecretAccessKey}`, 'region = us-east-1');
  config.push('[profile target]', `role_arn = arn:aws:iam::${account}:role/target`, 'source_profile = source');
  config.push('role_session_name = from-a-profile', 'region = us-east-1');
  await writeFile(join(directory, '.aws/config'), config.join('\n'));
  const as = (profile: string, ...args: string[]) =>
    aws([...args, '--profile', profile], { environment: common, directory });
  const identity = JSON.parse(await as('target', 'sts', 'get-caller-identity')) as { Arn: string };
  assert.equal(identity.Arn, `arn:aws:sts::${account}:assumed-role/target/from-a-profile`);
  await as('target', 's3', 'mb', 's3://of-the-role');
  assert.match(await as('target', 's3', 'ls'), / of-the-role\n/);
  await assert.rejects(as('source', 's3', 'ls'), /AccessDenied/);
  await assert.rejects(as('target', 'iam', 'list-users'), /AccessDenied/);
});
