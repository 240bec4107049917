import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { documentOf } from '../identity/make-user.ts';
import { spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { may } from './make-role.ts';
import { base, groups, passwordOf, people, startOpenLdap, whyNoOpenLdap } from './open-ldap.ts';

const skip = await whyNoOpenLdap();

test('a server of several processes asks the directory that its settings name', { skip }, async (t) => {
  const directory = await startOpenLdap();
  t.after(() => directory[Symbol.asyncDispose]());
  const authorities = join(await temporaryDirectory(t), 'ca.pem');
  await writeFile(authorities, directory.authority);
  const server = await spawnServer(t, {
    environment: {
      CAIRN_LDAP_URL: directory.url,
      CAIRN_LDAP_CA_FILE: authorities,
      CAIRN_LDAP_BIND_DN: directory.bindName,
      CAIRN_LDAP_BIND_PASSWORD: directory.bindPassword,
      CAIRN_LDAP_USER_BASE: people,
      CAIRN_LDAP_GROUP_BASE: groups,
      CAIRN_LDAP_ROLES: JSON.stringify({ [`cn=nobody,${base}`]: 'arn:aws:iam::123456789012:role/nobody' }),
      CAIRN_WORKERS: '2',
    },
  });
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const client = { endpoint: server.url, region: 'us-east-1', maxAttempts: 1 };
  const iam = new IAMClient({ ...client, credentials });
  t.after(() => iam.destroy());
  const trust = { Effect: 'Allow', Principal: { Federated: 'ldap' }, Action: 'sts:AssumeRoleWithLDAPIdentity' };
  const Condition = { 'ForAnyValue:StringEquals': { 'ldap:groups': `cn=readers,${groups}` } };
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'readers',
      AssumeRolePolicyDocument: documentOf([{ ...trust, Condition }]),
    }),
  );
  const PolicyDocument = documentOf([may('s3:ListAllMyBuckets')]);
  await iam.send(new PutRolePolicyCommand({ RoleName: 'readers', PolicyName: 'p', PolicyDocument }));
  const signIn = async (name: string) => {
    const response = await fetch(server.url, {
      method: 'POST',
      body: new URLSearchParams({
        Action: 'AssumeRoleWithLDAPIdentity',
        Version: '2011-06-15',
        RoleArn: Role?.Arn ?? '',
        LDAPUsername: name,
        LDAPPassword: passwordOf(name),
      }),
    });
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await signIn('carol')).status, 403);
  const bob = await signIn('bob');
  assert.equal(bob.status, 200, bob.text);
  const read = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(bob.text)?.[1] ?? '';
  const session = {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
  };
  // Each on a connection of its own, so that either worker is asked.
  for (let i = 0; i < 4; i++) {
    const s3 = new S3Client({ ...client, credentials: session, forcePathStyle: true });
    assert.deepEqual((await s3.send(new ListBucketsCommand())).Buckets ?? [], []);
    s3.destroy();
  }
  assert.equal(server.errors().includes(passwordOf('bob')), false);
  assert.equal(server.errors().includes(directory.bindPassword), false);
});
