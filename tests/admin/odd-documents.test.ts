import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { documentOf } from '../identity/make-user.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { askAdmin, type MadeTenant, makeTenant } from './send-admin.ts';

let server: TestServer;
let tenant: MadeTenant;
before(async () => {
  server = await startS3Server();
  tenant = await makeTenant(server, 'odd');
});
after(async () => {
  const violations = [];
  for await (const violation of verifyStore(server.context)) violations.push(violation);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  assert.deepEqual(violations, []);
});

const text = documentOf([{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
});
const holder = { path: '/', attached: ['arn:aws:iam::aws:policy/AdministratorAccess'], inline: { p: text } };
const tags = [{ key: 'k', value: 'v' }];

/** One of each thing. */
const whole = () => ({
  format: 'cairn-export',
  version: 1,
  tenants: [
    {
      ...{ accountId: tenant.id, name: 'odd', canonicalId: 'c'.repeat(64), email: 'a@example.com', alias: 'odd-one' },
      policies: [{ name: 'p', path: '/', description: '', tags, defaultVersion: 1, versions: [{ number: 1, text }] }],
      groups: [{ name: 'g', ...holder }],
      users: [{ name: 'u', ...holder, tags, boundary: holder.attached[0], groups: ['g'] }],
      roles: [{ name: 'r', ...holder, tags, description: '', maximumSessionSeconds: 3600, trustPolicy }],
      oidcProviders: [{ url: 'id.example.com', clientIds: ['x'], thumbprints: ['a'.repeat(40)], tags }],
      buckets: [
        {
          name: 'odd-bucket',
          configuration: {
            versioning: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
            policy: documentOf([
              { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::odd-bucket/*' },
            ]),
            'inventory/x': '<InventoryConfiguration/>',
          },
        },
      ],
    },
  ],
  remotes: [],
  eventTargets: [],
});

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Every place in a document, as a way from its root. */
function* places(value: Json, way: readonly (string | number)[] = []): Generator<readonly (string | number)[], void> {
  yield way;
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) yield* places(inner, [...way, name]);
}

function changed(value: Json, [name, ...rest]: readonly (string | number)[], to: Json): Json {
  if (name === undefined) return to;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as { [name: string]: Json };
  copy[name] = changed(copy[name]!, rest, to);
  return copy;
}

const odd = fc.constantFrom<Json>(
  ...[null, true, -1, 1e20, 0.5, '', ' ', '\u0000', '\ud800x', '*', 'x'.repeat(3000), '../..', '{}', '<a>', [], {}],
  ...[[[]], { __proto__: null, a: 1 }, 'arn:aws:iam::aws:policy/None', '999999999999', '$&', '%ff', '\ufffe'],
);

test('a document of which any one thing is odd is taken or refused, and never an error of the server', async () => {
  const document = whole() as Json;
  const ways = [...places(document)];
  const ask = async (Document: string, isDry = true) => {
    const parameters = { Document, DryRun: String(isDry), Mode: 'replace' };
    const answer = await askAdmin(server, 'Import', parameters, { credentials: tenant.keys });
    assert.ok(answer.status < 500, `${answer.text}\n${Document}`);
    return answer;
  };
  assert.equal((await ask(JSON.stringify(document))).code, 'OK');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ways), odd, fc.boolean(), async (way, to, isDry) => {
      await ask(JSON.stringify(changed(document, way, to)), isDry);
    }),
    { numRuns: 500, seed: 5 },
  );
  const written = JSON.stringify(document);
  await fc.assert(
    fc.asyncProperty(fc.nat(written.length), fc.nat(20), fc.string({ maxLength: 3 }), async (at, cut, put) => {
      await ask(written.slice(0, at) + put + written.slice(at + cut));
    }),
    { numRuns: 200, seed: 6 },
  );
});
