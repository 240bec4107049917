import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { makeUser } from '../identity/make-user.ts';
import { elementOf } from '../identity/send-query.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { allow, documentOf, elementsOf, IamAsker, pagesOf, trustOf } from './ask-policies.ts';

let server: TestServer;
let iam: IamAsker;
let accountId: string;
before(async () => {
  server = await startS3Server();
  iam = new IamAsker(server);
  accountId = (await server.identity.resolveAccount('root')).accountId;
  await iam.done('CreateUser', { UserName: 'somebody', Path: '/staff/' });
  await iam.done('CreateGroup', { GroupName: 'some' });
  await iam.done('CreateRole', { RoleName: 'something', AssumeRolePolicyDocument: trustOf(accountId) });
});
after(async () => {
  const violations: unknown[] = [];
  for await (const violation of verifyStore(server.context)) violations.push(violation);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  assert.deepEqual(violations, []);
});

const kinds = [
  { kind: 'User', holder: { UserName: 'somebody' }, most: 2048 },
  { kind: 'Group', holder: { GroupName: 'some' }, most: 5120 },
  { kind: 'Role', holder: { RoleName: 'something' }, most: 10_240 },
] as const;

const everybodys = (name: string) => `arn:aws:iam::aws:policy/${name}`;

for (const { kind, holder, most } of kinds) {
  const nobody = Object.fromEntries(Object.keys(holder).map((name) => [name, 'nobody']));

  test(`managed policies of a ${kind}`, async () => {
    const policy = { ...holder, PolicyArn: everybodys('ReadOnlyAccess') };
    for (let i = 0; i < 2; i++) await iam.done(`Attach${kind}Policy`, policy);
    await iam.done('CreatePolicy', {
      PolicyName: `of-${kind}`,
      Path: '/own/',
      PolicyDocument: documentOf(allow('s3:*')),
    });
    const own = `arn:aws:iam::${accountId}:policy/own/of-${kind}`;
    await iam.done(`Attach${kind}Policy`, { ...holder, PolicyArn: own });
    const list = `ListAttached${kind}Policies`;
    const listed = await iam.done(list, holder);
    assert.deepEqual(elementsOf(listed, 'PolicyArn'), [own, policy.PolicyArn]);
    assert.deepEqual(elementsOf(listed, 'PolicyName'), [`of-${kind}`, 'ReadOnlyAccess']);
    assert.deepEqual(elementsOf(await iam.done(list, { ...holder, PathPrefix: '/own/' }), 'PolicyArn'), [own]);
    const { found, pages } = await pagesOf(iam, list, { element: 'PolicyArn', ...holder, MaxItems: '1' });
    assert.deepEqual([found, pages], [[own, policy.PolicyArn], 2]);
    await iam.done(`Detach${kind}Policy`, policy);
    assert.deepEqual(await iam.failure(`Detach${kind}Policy`, policy), [404, 'NoSuchEntity']);
    for (const [action, parameters, expected] of [
      ['Attach', { ...holder, PolicyArn: everybodys('Nonsense') }, [404, 'NoSuchEntity']],
      ['Attach', { ...holder, PolicyArn: own.replace('of-', 'OF-') }, [404, 'NoSuchEntity']],
      ['Attach', { ...holder, PolicyArn: 'something that is no ARN' }, [400, 'InvalidInput']],
      ['Attach', { ...nobody, PolicyArn: own }, [404, 'NoSuchEntity']],
      ['Detach', { ...nobody, PolicyArn: own }, [404, 'NoSuchEntity']],
    ] as const) {
      assert.deepEqual(await iam.failure(`${action}${kind}Policy`, parameters), expected);
    }
    assert.deepEqual(await iam.failure(list, nobody), [404, 'NoSuchEntity']);
  });

  test(`ten managed policies of a ${kind}, and no more`, async () => {
    const names = elementsOf(await iam.done('ListPolicies', { Scope: 'AWS', MaxItems: '1000' }), 'Arn');
    const before = elementsOf(await iam.done(`ListAttached${kind}Policies`, holder), 'PolicyArn').length;
    const added = names.slice(0, 10 - before);
    for (const PolicyArn of added) await iam.done(`Attach${kind}Policy`, { ...holder, PolicyArn });
    const refused = await iam.send(`Attach${kind}Policy`, { ...holder, PolicyArn: names.at(-1)! });
    assert.deepEqual([refused.status, elementOf(refused, 'Code')], [409, 'LimitExceeded']);
    assert.equal(elementOf(refused, 'Message'), `Cannot exceed quota for PoliciesPer${kind}: 10`);
    for (const PolicyArn of added) await iam.done(`Detach${kind}Policy`, { ...holder, PolicyArn });
  });

  test(`inline policies of a ${kind}`, async () => {
    const text = ` ${documentOf(allow('s3:GetObject'))}`.trim().replace(',', ',\n  ');
    const policy = { ...holder, PolicyName: 'inline' };
    for (let i = 0; i < 2; i++) await iam.done(`Put${kind}Policy`, { ...policy, PolicyDocument: text });
    const read = await iam.done(`Get${kind}Policy`, policy);
    assert.equal(decodeURIComponent(elementOf(read, 'PolicyDocument') ?? ''), text);
    assert.equal(elementOf(read, 'PolicyName'), 'inline');
    assert.equal(elementOf(read, `${kind}Name`), Object.values(holder)[0]);
    const replaced = documentOf(allow('s3:PutObject'));
    await iam.done(`Put${kind}Policy`, { ...policy, PolicyDocument: replaced });
    const again = await iam.done(`Get${kind}Policy`, policy);
    assert.equal(decodeURIComponent(elementOf(again, 'PolicyDocument') ?? ''), replaced);
    await iam.done(`Put${kind}Policy`, { ...policy, PolicyName: 'another', PolicyDocument: text });
    const { found, pages } = await pagesOf(iam, `List${kind}Policies`, { element: 'member', ...holder, MaxItems: '1' });
    assert.deepEqual([found, pages], [['another', 'inline'], 2]);
    const bad = { ...policy, PolicyDocument: '{"Statement": []}' };
    assert.deepEqual(await iam.failure(`Put${kind}Policy`, bad), [400, 'MalformedPolicyDocument']);
    await iam.done(`Delete${kind}Policy`, { ...holder, PolicyName: 'another' });
    for (const action of ['Get', 'Delete']) {
      assert.deepEqual(await iam.failure(`${action}${kind}Policy`, { ...holder, PolicyName: 'another' }), [
        404,
        'NoSuchEntity',
      ]);
    }
    for (const [action, more] of [
      [`Put${kind}Policy`, { PolicyName: 'x', PolicyDocument: text }],
      [`List${kind}Policies`, {}],
    ] as const) {
      assert.deepEqual(await iam.failure(action, { ...nobody, ...more }), [404, 'NoSuchEntity']);
    }
  });

  test(`inline policies of a ${kind} have ${most} characters together, without white space`, async () => {
    const put = (PolicyName: string, PolicyDocument: string) =>
      iam.send(`Put${kind}Policy`, { ...holder, PolicyName, PolicyDocument });
    await iam.done(`Delete${kind}Policy`, { ...holder, PolicyName: 'inline' });
    const empty = documentOf(allow('s3:GetObject', 'arn:aws:s3:::')).length;
    const sized = (length: number) => documentOf(allow('s3:GetObject', `arn:aws:s3:::${'b'.repeat(length - empty)}`));
    const half = most / 2;
    assert.equal((await put('one', sized(half))).status, 200);
    const over = await put('two', sized(half + 1));
    assert.deepEqual([over.status, elementOf(over, 'Code')], [409, 'LimitExceeded']);
    assert.match(elementOf(over, 'Message') ?? '', new RegExp(`^Maximum policy size of ${most} bytes exceeded for `));
    assert.equal((await put('two', sized(half).replaceAll(',', ',\n      '))).status, 200);
    assert.equal((await put('two', sized(half))).status, 200, 'in its own place it counts once');
    for (const PolicyName of ['one', 'two']) await iam.done(`Delete${kind}Policy`, { ...holder, PolicyName });
  });
}

for (const { kind, holder } of kinds.filter((one) => one.kind !== 'Group')) {
  test(`the boundary of a ${kind}`, async () => {
    const put = (PermissionsBoundary: string) => ({ ...holder, PermissionsBoundary });
    const current = async () => elementOf(await iam.done(`Get${kind}`, holder), 'PermissionsBoundaryArn');
    for (const name of ['ReadOnlyAccess', 'ReadOnlyAccess', 'PowerUserAccess']) {
      await iam.done(`Put${kind}PermissionsBoundary`, put(everybodys(name)));
      assert.equal(await current(), everybodys(name));
    }
    const count = elementOf(
      await iam.done('GetPolicy', { PolicyArn: everybodys('ReadOnlyAccess') }),
      'PermissionsBoundaryUsageCount',
    );
    assert.equal(count, '0');
    assert.deepEqual(await iam.failure(`Put${kind}PermissionsBoundary`, put(everybodys('Nonsense'))), [
      404,
      'NoSuchEntity',
    ]);
    for (let i = 0; i < 2; i++) await iam.done(`Delete${kind}PermissionsBoundary`, holder);
    assert.equal(await current(), undefined);
  });
}

test('whoever may attach by policy and boundary may attach nothing else, and to nobody else', async () => {
  const bounded = everybodys('ReadOnlyAccess');
  const Condition = { StringEquals: { 'iam:PermissionsBoundary': bounded } };
  const only = { ArnEquals: { 'iam:PolicyARN': everybodys('S3ListAccess') } };
  const { keys } = await makeUser(server, {
    name: 'delegate',
    policies: [
      [
        { ...allow(['iam:CreateUser', 'iam:PutUserPolicy', 'iam:PutUserPermissionsBoundary']), Condition },
        { ...allow(['iam:AttachUserPolicy', 'iam:DetachUserPolicy']), Condition: { ...Condition, ...only } },
      ],
    ],
  });
  const delegate = iam.as({ credentials: keys });
  assert.deepEqual(await delegate.failure('CreateUser', { UserName: 'free' }), [403, 'AccessDenied']);
  await delegate.done('CreateUser', { UserName: 'bound', PermissionsBoundary: bounded });
  const inline = { PolicyName: 'all', PolicyDocument: documentOf(allow('*')) };
  await delegate.done('PutUserPolicy', { UserName: 'bound', ...inline });
  assert.deepEqual(await delegate.failure('PutUserPolicy', { UserName: 'delegate', ...inline }), [403, 'AccessDenied']);
  const attach = (UserName: string, name: string) => ({ UserName, PolicyArn: everybodys(name) });
  await delegate.done('AttachUserPolicy', attach('bound', 'S3ListAccess'));
  await delegate.done('DetachUserPolicy', attach('bound', 'S3ListAccess'));
  for (const parameters of [attach('bound', 'AdministratorAccess'), attach('delegate', 'S3ListAccess')]) {
    assert.deepEqual(await delegate.failure('AttachUserPolicy', parameters), [403, 'AccessDenied']);
  }
  const widened = { UserName: 'bound', PermissionsBoundary: everybodys('AdministratorAccess') };
  assert.deepEqual(await delegate.failure('PutUserPermissionsBoundary', widened), [403, 'AccessDenied']);
  assert.deepEqual(await delegate.failure('DeleteUserPermissionsBoundary', { UserName: 'bound' }), [
    403,
    'AccessDenied',
  ]);
});
