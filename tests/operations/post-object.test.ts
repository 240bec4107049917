import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { encodeForm, type FormFields, formContentType, signFormV2, signFormV4 } from '../signing/sign-form.ts';
import { bytesOf } from './bytes-of.ts';
import { sendForm, sendFormBytes, sendSignedForm, signedForm } from './send-form.ts';
import { sendSigned } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ sigV2: true });

const send = (bucket: string, fields: FormFields, more: Partial<Parameters<typeof sendSignedForm>[1]> = {}) =>
  sendSignedForm(shared.server, { bucket, fields, ...more });
const get = async (Bucket: string, Key: string) => bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key })));
const keys = async (Bucket: string) =>
  (await shared.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key) ?? [];
const codeOf = (text: string) => /<Code>(\w+)<\/Code>/.exec(text)?.[1];

test('the file becomes an object, which is answered with nothing but headers', async () => {
  const bucket = await shared.bucket('Enabled');
  const reply = await send(bucket, [['key', 'a/b c']]);
  const etag = `"${createHash('md5').update('meow').digest('hex')}"`;
  assert.deepEqual([reply.status, reply.text, reply.headers.etag], [204, '', etag]);
  assert.equal(reply.headers.location, `http://${shared.server.host}/${bucket}/a/b%20c`);
  assert.match(reply.headers['x-amz-version-id'] ?? '', /^[0-9a-f]{32}$/);
  const got = await shared.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a/b c' }));
  assert.equal((await bytesOf(got)).toString(), 'meow');
  assert.deepEqual([got.ContentType, got.Metadata], ['binary/octet-stream', {}]);
});

test('fields say what the headers of a PUT say, whatever the request itself says', async () => {
  const bucket = await shared.bucket();
  const form = signedForm(shared.server, {
    bucket,
    fields: [
      ['KEY', 'described'],
      ['Content-Type', 'text/plain'],
      ['Content-Disposition', 'attachment; filename="ä.txt"'],
      ['Content-Encoding', 'gzip'],
      ['Content-Language', 'de'],
      ['Cache-Control', 'no-store'],
      ['Expires', 'Thu, 01 Dec 1994 16:00:00 GMT'],
      ['x-amz-meta-Colour', 'grün'],
      ['x-amz-storage-class', 'STANDARD_IA'],
      ['x-amz-website-redirect-location', '/elsewhere'],
      ['x-amz-checksum-algorithm', 'sha256'],
      ['tagging', '<Tagging><TagSet><Tag><Key>a b</Key><Value>ü=</Value></Tag></TagSet></Tagging>'],
    ],
  });
  const reply = await sendForm(shared.server, form);
  assert.equal(reply.status, 204, reply.text);
  assert.equal(reply.headers['x-amz-checksum-sha256'], createHash('sha256').update('meow').digest('base64'));
  const head = await shared.raw({ method: 'HEAD', path: `/${bucket}/described` });
  assert.equal(head.headers['content-type'], 'text/plain');
  assert.equal(head.headers['content-encoding'], 'gzip');
  assert.equal(head.headers['content-language'], 'de');
  assert.equal(head.headers['cache-control'], 'no-store');
  assert.equal(head.headers.expires, 'Thu, 01 Dec 1994 16:00:00 GMT');
  assert.equal(head.headers['x-amz-meta-colour'], 'grün');
  assert.equal(head.headers['x-amz-storage-class'], 'STANDARD_IA');
  assert.equal(head.headers['x-amz-website-redirect-location'], '/elsewhere');
  const { TagSet } = await shared.s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'described' }));
  assert.deepEqual(TagSet, [{ Key: 'a b', Value: 'ü=' }]);
});

test('headers of the request around the form say nothing about the object', async () => {
  const bucket = await shared.bucket();
  const { fields } = signedForm(shared.server, { bucket, fields: [['key', 'plain']] });
  const body = encodeForm(fields, [{ content: 'x', headers: 'Content-Type: image/png\r\n' }]);
  const reply = await sendSigned(shared.server, {
    method: 'POST',
    host: shared.server.host,
    target: `/${bucket}`,
    headers: {
      host: shared.server.host,
      'content-type': formContentType,
      'content-length': String(body.length),
      'cache-control': 'no-store',
      'x-amz-acl': 'public-read',
      'x-amz-meta-a': 'b',
      'x-amz-tagging': 'a=b',
    },
    body,
  });
  assert.equal(reply.status, 204, reply.text);
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'plain' }));
  assert.deepEqual([head.ContentType, head.CacheControl, head.Metadata], ['binary/octet-stream', undefined, {}]);
  assert.equal((await fetch(`${shared.server.url}/${bucket}/plain`)).status, 403);
});

test('the name of the file takes its place in fields, without its directories', async () => {
  const bucket = await shared.bucket();
  const conditions = [
    ['starts-with', '$key', 'up/'],
    ['starts-with', '$x-amz-meta-name', ''],
  ];
  const upload = async (name: string | undefined, key: string) => {
    const { fields } = signedForm(shared.server, { bucket, fields: [], conditions });
    const files = [name === undefined ? { content: 'x' } : { name, content: 'x' }];
    const variable = '$' + '{filename}';
    const all: FormFields = [['key', `up/${variable}`], ['x-amz-meta-name', `<${variable}>`], ...fields];
    const reply = await sendForm(shared.server, { bucket, fields: all, files });
    assert.equal(reply.status, 204, reply.text);
    const head = await shared.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    assert.equal(head.Metadata?.name, `<${key.slice(3)}>`);
  };
  await upload('cat.txt', 'up/cat.txt');
  await upload('C:\\pictures\\cat two.txt', 'up/cat two.txt');
  await upload('../../other/cat3.txt', 'up/cat3.txt');
  await upload('$&$1', 'up/$&$1');
  await upload(undefined, 'up/');
  await upload('..', 'up/..');
});

test('what is answered is the form’s to choose', async () => {
  const bucket = await shared.bucket();
  const plain = await send(bucket, [
    ['key', 'k'],
    ['success_action_status', '200'],
  ]);
  assert.deepEqual([plain.status, plain.text], [200, '']);
  const created = await send(bucket, [
    ['key', 'k&<ä>'],
    ['success_action_status', '201'],
  ]);
  const location = `http://${shared.server.host}/${bucket}/k%26%3C%C3%A4%3E`;
  assert.equal(created.status, 201);
  assert.equal(created.headers['content-type'], 'application/xml');
  assert.equal(
    created.text,
    `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>${bucket}</Bucket>` +
      `<Key>k&amp;&lt;ä&gt;</Key><ETag>&quot;4a4be40c96ac6314e91d93f38043a634&quot;</ETag></PostResponse>`,
  );
  for (const status of ['204', '404', '', '201 ', '303']) {
    assert.equal(
      (
        await send(bucket, [
          ['key', 'k'],
          ['success_action_status', status],
        ])
      ).status,
      204,
      status,
    );
  }
});

test('a redirection goes to pages of the web only, and tells what was stored', async () => {
  const bucket = await shared.bucket();
  const etag = '%224a4be40c96ac6314e91d93f38043a634%22';
  const redirected: readonly [string, string][] = [
    ['http://example.com/done', `http://example.com/done?bucket=${bucket}&key=a%26b&etag=${etag}`],
    ['https://example.com/?x=%20y#part', `https://example.com/?x=%20y&bucket=${bucket}&key=a%26b&etag=${etag}#part`],
    ['HTTP://example.com', `http://example.com/?bucket=${bucket}&key=a%26b&etag=${etag}`],
  ];
  for (const field of ['success_action_redirect', 'redirect']) {
    for (const [target, expected] of redirected) {
      const reply = await send(bucket, [
        ['key', 'a&b'],
        [field, target],
      ]);
      assert.deepEqual([reply.status, reply.headers.location, reply.text], [303, expected, ''], target);
    }
  }
  for (const target of [
    'javascript:alert(1)',
    '//example.com/',
    '/done',
    'ftp://example.com/',
    'http://',
    'http://[',
    '',
  ]) {
    const reply = await send(bucket, [
      ['key', 'a'],
      ['success_action_redirect', target],
    ]);
    assert.equal(reply.status, 204, target);
    assert.equal(reply.headers.location, `http://${shared.server.host}/${bucket}/a`);
  }
  const both = await send(bucket, [
    ['key', 'a'],
    ['redirect', 'http://b/'],
    ['success_action_redirect', 'http://a/'],
  ]);
  assert.match(both.headers.location ?? '', /^http:\/\/a\/\?/);
});

test('a line break in the target of a redirection does not reach the header', async () => {
  const bucket = await shared.bucket();
  const reply = await send(bucket, [
    ['key', 'a'],
    ['success_action_redirect', 'http://a/\r\nSet-Cookie: x=y'],
  ]);
  assert.equal(reply.status, 303);
  assert.equal(reply.headers['set-cookie'], undefined);
});

test('large files go the same way, whole, whatever the pieces that they come in', async () => {
  const bucket = await shared.bucket();
  const content = Buffer.alloc(3_000_000, '\r\n------a-boundary-of-test\r\n--');
  const reply = await send(bucket, [['key', 'large']], { files: [{ content }] });
  assert.equal(reply.status, 204, reply.text);
  assert.ok((await get(bucket, 'large')).equals(content));
});

test('sizes about the limits of what is gathered and stored inline', async () => {
  const bucket = await shared.bucket();
  for (const size of [0, 1, 65_535, 65_536, 65_537, 130_000, 131_072, 131_073]) {
    const content = Buffer.alloc(size, 'ab\r\n');
    assert.equal((await send(bucket, [['key', 'k']], { files: [{ content }] })).status, 204);
    assert.ok((await get(bucket, 'k')).equals(content), String(size));
  }
});

test('signatures of version 2', async () => {
  const bucket = await shared.bucket();
  const form = { bucket, credentials: shared.server.root, date: new Date(), fields: [['key', 'old']] as FormFields };
  const fields = signFormV2(form);
  assert.equal((await sendForm(shared.server, { bucket, fields })).status, 204);
  assert.equal((await get(bucket, 'old')).toString(), 'meow');
  const bad = fields.map(
    ([name, value]) =>
      [name, name === 'signature' ? `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}` : value] as const,
  );
  const refused = await sendForm(shared.server, { bucket, fields: bad });
  assert.deepEqual([refused.status, codeOf(refused.text)], [403, 'SignatureDoesNotMatch']);
  const both = [...fields, ...signFormV4(form).filter(([name]) => name.startsWith('x-amz-'))];
  assert.equal((await sendForm(shared.server, { bucket, fields: both })).status, 400);
});

test('conditions and checksums of the write', async () => {
  const bucket = await shared.bucket();
  const once: FormFields = [
    ['key', 'once'],
    ['if-none-match', '*'],
  ];
  assert.equal((await send(bucket, once)).status, 204);
  const again = await send(bucket, once);
  assert.deepEqual([again.status, codeOf(again.text)], [412, 'PreconditionFailed']);
  const etag = `"${createHash('md5').update('meow').digest('hex')}"`;
  for (const [key, name, value, status] of [
    ['once', 'if-none-match', etag, 412],
    ['once', 'if-none-match', '"other"', 204],
    ['once', 'if-match', '*', 204],
    ['none', 'if-match', '*', 404],
  ] as const) {
    const reply = await send(bucket, [
      ['key', key],
      [name, value],
    ]);
    assert.equal(reply.status, status, `${name}: ${value}`);
  }
  for (const [name, value, code] of [
    ['x-amz-checksum-sha256', createHash('sha256').update('woof').digest('base64'), 'BadDigest'],
    ['x-amz-checksum-crc32', 'no base64', 'BadDigest'],
    ['content-md5', createHash('md5').update('woof').digest('base64'), 'BadDigest'],
    ['content-md5', 'x', 'InvalidDigest'],
  ] as const) {
    const reply = await send(bucket, [
      ['key', 'sum'],
      [name, value],
    ]);
    assert.deepEqual([reply.status, codeOf(reply.text)], [400, code], name);
  }
  const sum = createHash('sha256').update('meow').digest('base64');
  assert.equal(
    (
      await send(bucket, [
        ['key', 'sum'],
        ['x-amz-checksum-sha256', sum],
      ])
    ).status,
    204,
  );
  assert.deepEqual(await keys(bucket), ['once', 'sum']);
});

test('fields that cannot be obeyed are refused', async () => {
  const bucket = await shared.bucket();
  const refusals: readonly [name: string, value: string, status: number, code: string][] = [
    ['acl', 'no-such-acl', 400, 'InvalidArgument'],
    ['tagging', '<Tagging><TagSet><Tag>', 400, 'MalformedXML'],
    ['tagging', 'a=b', 400, 'MalformedXML'],
    ['tagging', '<Tagging><TagSet><Tag><Key></Key><Value/></Tag></TagSet></Tagging>', 400, 'InvalidTag'],
    ['x-amz-storage-class', 'NONE', 400, 'InvalidStorageClass'],
    ['x-amz-meta-a', 'line\nbreak', 400, 'InvalidArgument'],
    ['x-amz-meta-ä', 'x', 400, 'InvalidArgument'],
    ['content-type', 'a\0b', 400, 'InvalidArgument'],
    ['x-amz-website-redirect-location', 'javascript:x', 400, 'InvalidArgument'],
    ['x-amz-security-token', 'token', 400, 'InvalidToken'],
    ['x-amz-server-side-encryption', 'aws:kms:dsse', 501, 'NotImplemented'],
    ['x-amz-server-side-encryption', 'none', 400, 'InvalidArgument'],
    ['x-amz-object-lock-mode', 'GOVERNANCE', 400, 'InvalidArgument'],
    ['x-amz-meta-a', 'x'.repeat(3000), 400, 'MetadataTooLarge'],
    ['bucket', 'another', 400, 'InvalidArgument'],
  ];
  for (const [name, value, status, code] of refusals) {
    const conditions = name === 'bucket' ? [['starts-with', '$bucket', '']] : [];
    const { fields } = signedForm(shared.server, {
      bucket,
      fields:
        name === 'bucket'
          ? [['key', 'k']]
          : [
              ['key', 'k'],
              [name, value],
            ],
      conditions,
    });
    const all: FormFields = name === 'bucket' ? [...fields, [name, value]] : fields;
    const reply = await sendForm(shared.server, { bucket, fields: all });
    assert.deepEqual(
      [reply.status, codeOf(reply.text)],
      [status, code],
      `${name}: ${value.slice(0, 50)} ${reply.text}`,
    );
  }
  assert.equal(
    (
      await send(bucket, [
        ['key', 'k'],
        ['bucket', bucket],
      ])
    ).status,
    204,
  );
  assert.equal((await send(bucket, [['key', 'x'.repeat(1025)]])).status, 400);
  assert.deepEqual(await keys(bucket), ['k']);
});

test('a form without a key, or with fields twice, is refused', async () => {
  const bucket = await shared.bucket();
  for (const fields of [
    [],
    [['key', '']],
    [
      ['key', 'a'],
      ['KEY', 'a'],
    ],
  ] as FormFields[]) {
    const reply = await send(bucket, fields);
    assert.deepEqual([reply.status, codeOf(reply.text)], [400, 'InvalidArgument'], reply.text);
  }
  const missing = await send(bucket, []);
  assert.match(missing.text, /Bucket POST must contain a field named &apos;key&apos;|named 'key'/);
  const { fields } = signedForm(shared.server, { bucket, fields: [['key', 'k']] });
  for (const name of ['policy', 'x-amz-signature', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date']) {
    const rest = fields.filter(([field]) => field !== name);
    const reply = await sendForm(shared.server, { bucket, fields: rest });
    assert.deepEqual([reply.status, codeOf(reply.text)], [400, 'InvalidArgument'], name);
  }
  const ignored: FormFields = [['x-ignore-a', '1'], ...fields, ['x-ignore-a', '2']];
  assert.equal((await sendForm(shared.server, { bucket, fields: ignored })).status, 204);
});

test('exactly one file, and what is behind it is not read', async () => {
  const bucket = await shared.bucket();
  const { fields } = signedForm(shared.server, { bucket, fields: [['key', 'k']] });
  const cat = { content: 'meow' };
  for (const files of [[], [cat, cat], [{ content: Buffer.alloc(200_000) }, cat]]) {
    const reply = await sendForm(shared.server, { bucket, fields, files });
    assert.deepEqual([reply.status, codeOf(reply.text)], [400, 'IncorrectNumberOfFilesInPostRequest']);
  }
  assert.deepEqual(await keys(bucket), []);
  const form = encodeForm(fields, [cat]).toString();
  const behind = encodeForm([
    ['key', 'other'],
    ['acl', 'public-read'],
    ['submit', 'Upload'],
  ]).toString();
  const closing = form.lastIndexOf('------a-boundary');
  const reply = await sendFormBytes(shared.server, bucket, Buffer.from(form.slice(0, closing) + behind));
  assert.equal(reply.status, 204, reply.text);
  assert.deepEqual(await keys(bucket), ['k']);
});

test('clients that send every field as a file are understood', async () => {
  const bucket = await shared.bucket();
  const { fields } = signedForm(shared.server, { bucket, fields: [['key', 'k']] });
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, new Blob([value], { type: 'text/plain' }), name);
  form.append('file', new Blob(['from fetch']), 'x.bin');
  const reply = await fetch(`${shared.server.url}/${bucket}`, { method: 'POST', body: form });
  assert.equal(reply.status, 204, await reply.text());
  assert.equal((await get(bucket, 'k')).toString(), 'from fetch');
});

test('another type of content is no form', async () => {
  const bucket = await shared.bucket();
  for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-dataX; boundary=x']) {
    const headers = { host: shared.server.host, 'content-length': '1', 'content-type': type };
    const request = { method: 'POST', host: shared.server.host, target: `/${bucket}`, headers, body: Buffer.from('x') };
    const reply = await sendSigned(shared.server, request);
    assert.deepEqual([reply.status, codeOf(reply.text)], [412, 'PreconditionFailed'], type);
  }
});

test('a bucket that is not there', async () => {
  const reply = await send('no-such-bucket', [['key', 'k']]);
  assert.deepEqual([reply.status, codeOf(reply.text)], [404, 'NoSuchBucket']);
});

test('the bucket may be named by the host', async () => {
  await using server = await startS3Server({ domains: ['s3.example.com'] });
  await server.client().send(new CreateBucketCommand({ Bucket: 'hosted' }));
  const { fields } = signedForm(server, {
    bucket: 'hosted',
    fields: [
      ['key', 'k'],
      ['success_action_status', '201'],
    ],
  });
  const body = encodeForm(fields, [{ content: 'x' }]);
  const host = 'hosted.s3.example.com';
  const headers = { host, 'content-type': formContentType, 'content-length': String(body.length) };
  const reply = await sendSigned(server, { method: 'POST', host, target: '/', headers, body });
  assert.equal(reply.status, 201, reply.text);
  assert.equal(reply.headers.location, 'http://hosted.s3.example.com/k');
});
