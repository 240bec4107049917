import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { assertErrorAnswer, readErrorAnswer } from '../hostile/error-answer.ts';
import { exchange, RawConnection, type RawReply } from '../hostile/raw-connection.ts';
import { type StoredState, storedState } from '../hostile/stored-state.ts';
import { sendForm, sendSignedForm, signedForm } from '../operations/send-form.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import {
  boundary,
  encodeForm,
  type FormFields,
  formContentType,
  signFormV2,
  signFormV4,
} from '../signing/sign-form.ts';
import { presignV4, signV4 } from '../signing/sign-v4.ts';

let server: TestServer;
let untouched: StoredState;
before(async () => {
  server = await startS3Server({ bodyTimeoutMilliseconds: 300 });
  const s3 = server.client();
  for (const Bucket of ['forms', 'other']) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new CreateBucketCommand({ Bucket: 'open', ACL: 'public-read-write' }));
  untouched = await storedState(server, 'forms');
});
after(async () => {
  const { rows, blobs, usage } = await storedState(server, 'forms');
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
  // What the tests of forms that are let in wrote stands in other buckets, all of it small.
  const kept = { ...untouched.rows, current: rows.current, inlineContent: rows.current };
  assert.deepEqual({ rows, blobs, usage }, { ...untouched, rows: kept }, 'no refused form left anything');
});

const key: FormFields = [['key', 'k']];
const fieldsOf = (more: Partial<Parameters<typeof signedForm>[1]> = {}) =>
  signedForm(server, { bucket: 'forms', fields: key, ...more }).fields;

/** A refusal, by status, code and, where it matters, message. */
async function refuses(
  form: Parameters<typeof sendForm>[1],
  [status, code, message]: readonly [number, string, RegExp?],
  what?: string,
): Promise<void> {
  const reply = await sendForm(server, form);
  assert.deepEqual([reply.status, /<Code>(\w+)</.exec(reply.text)?.[1]], [status, code], `${what} ${reply.text}`);
  if (message) assert.match(reply.text, message);
}
const replaced = (fields: FormFields, name: string, value: string): FormFields =>
  fields.map(([field, old]) => [field, field === name ? value : old]);

test('a signature that is not the signer’s', async () => {
  const fields = fieldsOf();
  const forms: readonly FormFields[] = [
    replaced(fields, 'x-amz-signature', '0'.repeat(64)),
    replaced(fields, 'x-amz-signature', 'ü'),
    replaced(fields, 'policy', Buffer.from('{"expiration":"2099-01-01T00:00:00Z","conditions":[]}').toString('base64')),
    fieldsOf({ credentials: { ...server.root, secretAccessKey: 'a-guess' } }),
    fieldsOf({ credentials: { ...server.root, secretAccessKey: '' } }),
  ];
  for (const form of forms) await refuses({ bucket: 'forms', fields: form }, [403, 'SignatureDoesNotMatch']);
  const unknown = fieldsOf({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'secret' } });
  await refuses({ bucket: 'forms', fields: unknown }, [403, 'InvalidAccessKeyId']);
});

test('a credential of another day, region or service, and dates that are none', async () => {
  const fields = fieldsOf();
  const [date] = new Date().toISOString().replaceAll('-', '').split('T');
  for (const [name, value] of [
    ['x-amz-credential', `${server.root.accessKeyId}/20200101/us-east-1/s3/aws4_request`],
    ['x-amz-credential', `${server.root.accessKeyId}/${date}/us-west-1/s3/aws4_request`],
    ['x-amz-credential', `${server.root.accessKeyId}/${date}/us-east-1/iam/aws4_request`],
    ['x-amz-credential', server.root.accessKeyId],
    ['x-amz-date', 'today'],
    ['x-amz-algorithm', 'none'],
  ] as const) {
    await refuses({ bucket: 'forms', fields: replaced(fields, name, value) }, [400, 'InvalidArgument'], value);
  }
  const tomorrow = new Date(Date.now() + 86_400_000);
  const early = signFormV4({ bucket: 'forms', credentials: server.root, date: tomorrow, fields: key });
  await refuses({ bucket: 'forms', fields: early }, [403, 'AccessDenied', /not yet valid/]);
});

test('version 2 is refused where it is not switched on', async () => {
  const fields = signFormV2({ bucket: 'forms', credentials: server.root, date: new Date(), fields: key });
  await refuses({ bucket: 'forms', fields }, [400, 'InvalidRequest']);
});

test('each condition is enforced, and each field must have one', async () => {
  const denied = (message: RegExp) => [403, 'AccessDenied', message] as const;
  const signed = (conditions: readonly unknown[], fields: FormFields = []) => [
    ...fields,
    ...signFormV4({ bucket: 'forms', credentials: server.root, date: new Date(), fields: [], conditions }),
  ];
  const failed = /Invalid according to Policy: Policy Condition failed: /;
  const cases: readonly [FormFields, ReturnType<typeof denied>][] = [
    [signed([{ key: 'k' }], [['key', 'K']]), denied(failed)],
    [signed([['starts-with', '$key', 'user/']], [['key', 'users/k']]), denied(failed)],
    [
      signed(
        [{ key: 'k' }, { acl: 'private' }],
        [
          ['key', 'k'],
          ['acl', 'public-read'],
        ],
      ),
      denied(failed),
    ],
    [signed([{ key: 'k' }, { acl: 'private' }], key), denied(failed)],
    [
      signed(
        [{ key: 'k' }, ['starts-with', '$Content-Type', 'image/']],
        [
          ['key', 'k'],
          ['Content-Type', 'image/png,text/html'],
        ],
      ),
      denied(failed),
    ],
    [signed([{ key: 'k' }, { bucket: 'other' }], key), denied(failed)],
    [signed([], key), denied(/Extra input fields: key/)],
    [
      signed(
        [{ key: 'k' }],
        [
          ['key', 'k'],
          ['acl', 'public-read'],
        ],
      ),
      denied(/Extra input fields: acl/),
    ],
    [
      signed(
        [{ key: 'k' }],
        [
          ['key', 'k'],
          ['x-amz-meta-a', 'b'],
        ],
      ),
      denied(/Extra input fields: x-amz-meta-a/),
    ],
    [
      signed(
        [{ key: 'k' }],
        [
          ['key', 'k'],
          ['success_action_redirect', 'http://x/'],
        ],
      ),
      denied(/Extra input fields/),
    ],
  ];
  for (const [fields, refusal] of cases) await refuses({ bucket: 'forms', fields }, refusal);
});

test('a policy speaks of the key that is written, not of the one before the file’s name was put in', async () => {
  const conditions = [['starts-with', '$key', 'user/']];
  const signed = signFormV4({ bucket: 'forms', credentials: server.root, date: new Date(), fields: [], conditions });
  const fields: FormFields = [['key', `$${'{filename}'}`], ...signed];
  const files = [{ name: 'admin.txt', content: 'x' }];
  await refuses({ bucket: 'forms', fields, files }, [403, 'AccessDenied', /"starts-with","\$key","user\/"|&quot;/]);
});

test('the bucket of the URL is the one that counts', async () => {
  const fields = fieldsOf();
  await refuses({ bucket: 'other', fields }, [403, 'AccessDenied', /Policy Condition failed/]);
  await refuses({ bucket: 'other', fields: [['bucket', 'forms'], ...fields] }, [403, 'AccessDenied']);
  const document = {
    expiration: '2099-01-01T00:00:00Z',
    conditions: [
      { key: 'k' },
      ['starts-with', '$x-amz-date', ''],
      ['starts-with', '$x-amz-credential', ''],
      ['starts-with', '$x-amz-algorithm', ''],
    ],
  };
  await refuses({ bucket: 'forms', fields: fieldsOf({ document }) }, [
    403,
    'AccessDenied',
    /Extra input fields: bucket/,
  ]);
});

test('a policy that has expired, or that is none', async () => {
  const past = new Date(Date.now() - 3_600_000);
  const expired = signFormV4({ bucket: 'forms', credentials: server.root, date: past, fields: key });
  await refuses({ bucket: 'forms', fields: expired }, [403, 'AccessDenied', /Policy expired/]);
  for (const document of [
    '{',
    '{"conditions":[]}',
    '{"expiration":"2099-01-01T00:00:00Z"}',
    { expiration: 'x', conditions: [] },
  ]) {
    await refuses({ bucket: 'forms', fields: fieldsOf({ document }) }, [400, 'InvalidPolicyDocument']);
  }
  for (const policy of ['%%%', 'e30', Buffer.from([0xff, 0xfe, 0xfd]).toString('base64')]) {
    const fields = replaced(fieldsOf(), 'policy', policy);
    await refuses({ bucket: 'forms', fields }, [400, 'InvalidPolicyDocument'], policy);
  }
});

test('files that are too large or too small', async () => {
  const fields = fieldsOf({ conditions: [['content-length-range', 10, 100_000]] });
  const upload = (size: number) => ({ bucket: 'forms', fields, files: [{ content: Buffer.alloc(size) }] });
  await refuses(upload(9), [400, 'EntityTooSmall', /<MinSizeAllowed>10</]);
  await refuses(upload(0), [400, 'EntityTooSmall']);
  await refuses(upload(100_001), [400, 'EntityTooLarge', /<MaxSizeAllowed>100000</]);
  await refuses(upload(1_000_000), [400, 'EntityTooLarge']);
});

/** Request line and headers of a form, without its body. */
function headOf(length: number | string, more = ''): string {
  return `POST /forms HTTP/1.1\r\nHost: ${server.host}\r\nContent-Type: ${formContentType}\r\nContent-Length: ${length}\r\n${more}\r\n`;
}
const fileHead = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n`;
/** All that comes before the file's bytes, and the first of these: before that nobody can tell that the part's head has ended. */
const beginning = (fields: FormFields) => `${encodeForm(fields).subarray(0, -(boundary.length + 6))}${fileHead}x`;

test('an upload that is too large is refused while it runs, and what came is dropped', async () => {
  using connection = new RawConnection(server.port);
  connection
    .send(headOf(1_000_000_000))
    .send(beginning(fieldsOf({ conditions: [['content-length-range', 0, 150_000]] })));
  connection.send(Buffer.alloc(200_000));
  assertErrorAnswer(await connection.reply(), 400, 'EntityTooLarge');
});

test('a form that is not let in is refused before a byte of its file is there', async () => {
  const stranger = await server.stranger('form-stranger');
  const theirs = await stranger.config.credentials();
  const cases: readonly [FormFields, number, string][] = [
    [replaced(fieldsOf(), 'x-amz-signature', 'a'.repeat(64)), 403, 'SignatureDoesNotMatch'],
    [fieldsOf({ document: { expiration: '2000-01-01T00:00:00Z', conditions: [] } }), 403, 'AccessDenied'],
    [fieldsOf({ credentials: theirs }), 403, 'AccessDenied'],
    [key, 403, 'AccessDenied'],
    [[], 400, 'InvalidArgument'],
  ];
  for (const [fields, status, code] of cases) {
    using connection = new RawConnection(server.port);
    connection.send(headOf(100_000_000)).send(beginning(fields));
    assertErrorAnswer(await connection.reply(), status, code);
  }
});

test('forms go through the one gate, with the key, the ACL and the tags that they ask for', async () => {
  const theirs = await (await server.stranger('granted')).config.credentials();
  const { accountId } = await server.identity.resolveAccount('granted');
  const allow = (Action: string | string[], more: object = {}) => ({
    Effect: 'Allow',
    Principal: { AWS: accountId },
    Action,
    Resource: 'arn:aws:s3:::gated/user/*',
    ...more,
  });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'gated' }));
  const policyIs = (...Statement: object[]) =>
    s3.send(
      new PutBucketPolicyCommand({ Bucket: 'gated', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
  const post = async (fields: FormFields) =>
    (await sendSignedForm(server, { bucket: 'gated', fields, credentials: theirs })).status;
  const tags = ['tagging', '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'] as const;
  const mine = ['key', 'user/k'] as const;
  assert.equal(await post([mine]), 403);
  await policyIs(allow('s3:PutObject'));
  assert.equal(await post([mine]), 204);
  assert.equal(await post([['key', 'other/k']]), 403);
  assert.equal(await post([mine, tags]), 403);
  await policyIs(allow(['s3:PutObject', 's3:PutObjectTagging']));
  assert.equal(await post([mine, tags]), 204);
  const withoutForms = { Condition: { StringEquals: { 's3:authType': 'POST' } } };
  await policyIs(allow('s3:PutObject'), { ...allow('s3:PutObject', withoutForms), Effect: 'Deny' });
  assert.equal(await post([mine]), 403);
  const onlyTagged = { Condition: { StringEquals: { 's3:RequestObjectTag/a': 'b' } } };
  await policyIs(allow(['s3:PutObject', 's3:PutObjectTagging'], onlyTagged));
  assert.deepEqual([await post([mine]), await post([mine, tags])], [403, 204]);
  await policyIs(
    allow(['s3:PutObject'], { Condition: { StringEquals: { 's3:signatureversion': 'AWS4-HMAC-SHA256' } } }),
  );
  assert.equal(await post([mine]), 204);
});

test('a form that nobody signed is anonymous', async () => {
  await refuses({ bucket: 'forms', fields: key }, [403, 'AccessDenied']);
  const reply = await sendForm(server, { bucket: 'open', fields: key });
  assert.equal(reply.status, 204, reply.text);
  const fields = signFormV4({ bucket: 'open', credentials: server.root, date: new Date(), fields: key });
  await refuses({ bucket: 'open', fields: replaced(fields, 'x-amz-signature', 'x') }, [403, 'SignatureDoesNotMatch']);
  for (const name of ['policy', 'x-amz-signature']) {
    const rest = fields.filter(([field]) => field !== name);
    await refuses({ bucket: 'open', fields: rest }, [400, 'InvalidArgument'], name);
  }
});

test('a signature around the form does not open it', async () => {
  const body = encodeForm(key, [{ content: 'x' }]);
  const request = {
    method: 'POST',
    host: server.host,
    path: '/forms',
    credentials: server.root,
    date: new Date(),
    body,
    headers: { 'content-type': formContentType },
  };
  for (const { target, headers } of [signV4(request), presignV4({ ...request, expiresSeconds: 60 })]) {
    const lines = Object.entries({ ...headers, host: server.host }).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
    assertErrorAnswer(await exchange(server.port, Buffer.concat([Buffer.from(head), body])), 400, 'InvalidArgument');
  }
});

async function answerTo(head: string, body: string | Buffer): Promise<RawReply> {
  using connection = new RawConnection(server.port);
  return await connection.send(head).send(body).reply();
}

test('fields, boundaries and headers of parts have 20 KB together', async () => {
  const field = (name: string, size: number): FormFields => [[name, 'x'.repeat(size)]];
  const many: FormFields = Array.from({ length: 5000 }, (_, at) => [`x-ignore-${at}`, '']);
  const long = 'POST requests are long'.repeat(2000);
  for (const fields of [field('x-ignore-a', 20_480), many, field('key', 1_000_000), field(long, 1)]) {
    const reply = await sendForm(server, { bucket: 'forms', fields: [...fields, ...fieldsOf()] });
    assert.match(reply.text, /<Code>MaxPostPreDataLengthExceededError</);
  }
  const preamble = Buffer.concat([Buffer.alloc(30_000, 'x'), encodeForm(fieldsOf(), [{ content: 'x' }])]);
  assertErrorAnswer(await answerTo(headOf(preamble.length), preamble), 400, 'MaxPostPreDataLengthExceededError');
  const endless = Buffer.concat([encodeForm(fieldsOf(), [{ content: 'x' }]), Buffer.alloc(300_000, 'x')]);
  assertErrorAnswer(await answerTo(headOf(endless.length), endless), 400, 'MalformedPOSTRequest');
});

test('what is no form', async () => {
  const form = encodeForm(fieldsOf(), [{ content: 'meow' }]);
  const withType = (type: string) => headOf(form.length).replace(formContentType, type);
  for (const type of [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
  ]) {
    const { Code } = readErrorAnswer(await answerTo(withType(type), form));
    assert.match(Code ?? '', /^(MalformedPOSTRequest|IncorrectNumberOfFilesInPostRequest)$/, type);
  }
  const wrongBoundary = await answerTo(withType('multipart/form-data; boundary=another'), form);
  assertErrorAnswer(wrongBoundary, 400, 'MalformedPOSTRequest');
  const nameless = `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n`;
  assertErrorAnswer(
    await answerTo(headOf(nameless.length + form.length), nameless + form),
    400,
    'MalformedPOSTRequest',
  );
  const latin1 = Buffer.from(form.toString('latin1').replace('"key"\r\n\r\nk', '"key"\r\n\r\n\xe4'), 'latin1');
  assertErrorAnswer(await answerTo(headOf(latin1.length), latin1), 400, 'InvalidArgument');
});

test('a form that is cut off anywhere stores nothing', async () => {
  const form = encodeForm(fieldsOf(), [{ content: 'meow'.repeat(100) }]);
  for (let length = form.length - 4; length > 0; length -= 37) {
    const { Code } = readErrorAnswer(await answerTo(headOf(length), form.subarray(0, length)));
    assert.match(Code ?? '', /^(MalformedPOSTRequest|IncorrectNumberOfFilesInPostRequest|InvalidArgument)$/);
  }
});

test('lengths that are missing, wrong or chunked', async () => {
  const form = encodeForm(fieldsOf(), [{ content: 'meow' }]);
  const without = headOf('').replace(/Content-Length: \r\n/, '');
  assertErrorAnswer(await answerTo(without, ''), 411, 'MissingContentLength');
  const chunked = without.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n');
  const framed = Buffer.concat([Buffer.from(`${form.length.toString(16)}\r\n`), form, Buffer.from('\r\n0\r\n\r\n')]);
  assertErrorAnswer(await answerTo(chunked, framed), 411, 'MissingContentLength');
  for (const length of ['-1', 'x', '1e3']) readErrorAnswer(await answerTo(headOf(length), form));
  using connection = new RawConnection(server.port);
  connection.send(headOf(form.length + 10)).send(form);
  connection.socket.end();
  await connection.closed;
});

test('clients that fall silent, or are gone, hold nothing', async () => {
  const start = beginning(fieldsOf());
  const places = [start.slice(0, 50), start, start + 'x'.repeat(200_000)];
  const silent = async (sent: string) => {
    using connection = new RawConnection(server.port);
    connection.send(headOf(1_000_000)).send(sent);
    assertErrorAnswer(await connection.reply(), 400, 'RequestTimeout');
    await connection.closed;
  };
  await Promise.all(places.map(silent));
  for (const sent of places) {
    const outcomes = server.outcomes.length;
    using connection = new RawConnection(server.port);
    connection.send(headOf(1_000_000)).send(sent);
    await connection.flushed();
    connection.vanish();
    while (server.outcomes.length === outcomes) await new Promise((resolve) => setImmediate(resolve));
  }
});

test('a form may wait to be asked for', async () => {
  using connection = new RawConnection(server.port);
  const fields = replaced(fieldsOf(), 'x-amz-signature', 'x');
  connection.send(headOf(1_000_000, 'Expect: 100-continue\r\n'));
  assert.equal((await connection.reply()).status, 100);
  connection.send(beginning(fields));
  assertErrorAnswer(await connection.reply(), 403, 'SignatureDoesNotMatch');
});

test('a refused form leaves the connection to the next request', async () => {
  const form = encodeForm(replaced(fieldsOf(), 'x-amz-signature', 'x'), [{ content: Buffer.alloc(500_000, 'x') }]);
  using connection = new RawConnection(server.port);
  for (let round = 0; round < 3; round++) {
    connection.send(headOf(form.length)).send(form);
    assertErrorAnswer(await connection.reply(), 403, 'SignatureDoesNotMatch');
  }
});
