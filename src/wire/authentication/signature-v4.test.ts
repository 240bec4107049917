import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exampleContext,
  exampleCredentials,
  exampleDate,
  examplePrincipal,
} from '../../../tests/signing/example-account.ts';
import { isKind } from '../../../tests/signing/is-kind.ts';
import { requestHeadOf } from '../../../tests/signing/request-head-of.ts';
import { presignV4, type RequestToSign, type SignedRequest, signV4 } from '../../../tests/signing/sign-v4.ts';
import { type Authenticated, type AuthenticationContext, authenticate } from './authenticate.ts';

const plain: RequestToSign = {
  method: 'PUT',
  host: 'localhost:9000',
  path: '/bucket/key',
  credentials: exampleCredentials,
  date: exampleDate,
};
const minute = 60_000;

function run(request: SignedRequest, context: AuthenticationContext = exampleContext()): Authenticated {
  const answer = authenticate(requestHeadOf(request), context);
  assert.ok(!(answer instanceof Promise));
  return answer;
}

function withHeaders(request: SignedRequest, headers: Record<string, string | undefined>): SignedRequest {
  const entries = Object.entries({ ...request.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...request, headers: Object.fromEntries(entries) as Record<string, string> };
}

function withAuthorization(change: (authorization: string) => string): SignedRequest {
  const signed = signV4(plain);
  return withHeaders(signed, { authorization: change(signed.headers.authorization ?? '') });
}

function at(milliseconds: number): AuthenticationContext {
  return exampleContext({ date: new Date(exampleDate.getTime() + milliseconds) });
}

const malformedHeaders: [name: string, change: (authorization: string) => string, message: string][] = [
  [
    'too few components',
    (text) => text.replace(/, Signature=.*/, ''),
    'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
  ],
  ['no credential', (text) => text.replace(/Credential=[^,]*/, 'Credential='), 'missing Credential.'],
  ['no signed headers', (text) => text.replace(/SignedHeaders=[^,]*/, 'SignedHeaders='), 'missing SignedHeaders.'],
  ['no signature', (text) => text.replace(/Signature=.*/, 'Signature='), 'missing Signature.'],
  ['a component twice', (text) => text.replace(/SignedHeaders=[^,]*/, 'Signature=a'), 'missing SignedHeaders.'],
  [
    'a component that nobody knows',
    (text) => text.replace('Signature=', 'Signet='),
    'the authorization component "Signet=',
  ],
  [
    'four parts of a credential',
    (text) => text.replace('/s3/', '/'),
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  ],
  [
    'six parts of a credential',
    (text) => text.replace('AKIA', 'AKIA/'),
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  ],
  [
    'a date that is none',
    (text) => text.replace('/20130524/', '/2013-524/'),
    'incorrect date format "2013-524". This date in the credential must be in the format "yyyyMMdd".',
  ],
  [
    'another terminal',
    (text) => text.replace('aws4_request', 'aws5_request'),
    'incorrect terminal "aws5_request". This endpoint uses "aws4_request".',
  ],
  [
    'another service',
    (text) => text.replace('/s3/', '/ec2/'),
    'incorrect service "ec2". This endpoint belongs to "s3".',
  ],
  [
    'a scope of another day than the request',
    (text) => text.replace('/20130524/', '/20130523/'),
    'Invalid credential date "20130523". This date is not the same as X-Amz-Date: "20130524".',
  ],
];

for (const [name, change, message] of malformedHeaders) {
  test(`an authorization header with ${name} is malformed`, () => {
    assert.throws(
      () => run(withAuthorization(change)),
      (error: Error) => {
        isKind('AuthorizationHeaderMalformed')(error);
        assert.ok(error.message.startsWith(`The authorization header is malformed; ${message}`), error.message);
        return true;
      },
    );
  });
}

test('the wrong region is refused and the right one told', () => {
  assert.throws(
    () => run(signV4({ ...plain, region: 'eu-west-1' })),
    isKind('AuthorizationHeaderMalformed', {
      message: "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
      fields: { Region: 'us-east-1' },
    }),
  );
});

test('spacing and order of the components are free', () => {
  const changes: ((text: string) => string)[] = [
    (text) => text.replaceAll(', ', ','),
    (text) => text.replaceAll(', ', ' ,  '),
    (text) => text.replace(/^(\S+) (\S+), (\S+), (\S+)$/, '$1 $4, $2, $3'),
  ];
  for (const change of changes) assert.deepEqual(run(withAuthorization(change)).principal, examplePrincipal);
});

test('the date may stand in Date instead of x-amz-date, in either format', () => {
  for (const date of ['20130524T000000Z', 'Fri, 24 May 2013 00:00:00 GMT', 'Fri, 24 May 2013 02:00:00 +0200']) {
    const signed = signV4({ ...plain, headers: { date }, unsignedHeaders: ['x-amz-date'] });
    assert.deepEqual(run(withHeaders(signed, { 'x-amz-date': undefined })).principal, examplePrincipal, date);
  }
});

test('a request without a date, or with one that is none, is denied', () => {
  for (const date of [undefined, '', 'yesterday', 'Bad Date 1', '20130230T000000Z', '20130524T250000Z', '2013-05-24']) {
    assert.throws(() => run(withHeaders(signV4(plain), { 'x-amz-date': date })), isKind('MissingDateHeader'), date);
  }
});

test('a clock may be fifteen minutes off, either way, and not a second more', () => {
  for (const sign of [1, -1]) {
    assert.deepEqual(run(signV4(plain), at(sign * 15 * minute)).principal, examplePrincipal);
    assert.throws(() => run(signV4(plain), at(sign * (15 * minute + 1000))), isKind('RequestTimeTooSkewed'));
  }
  assert.throws(
    () => run(signV4(plain), at(16 * minute)),
    isKind('RequestTimeTooSkewed', {
      fields: {
        RequestTime: '20130524T000000Z',
        ServerTime: '2013-05-24T00:16:00Z',
        MaxAllowedSkewMilliseconds: 900_000,
      },
    }),
  );
});

test('x-amz-content-sha256 must be there and mean something', () => {
  const signed = signV4({ ...plain, unsignedHeaders: ['x-amz-content-sha256'] });
  assert.throws(
    () => run(withHeaders(signed, { 'x-amz-content-sha256': undefined })),
    isKind('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' }),
  );
  for (const value of ['', 'unsigned-payload', 'e3b0c442', 'STREAMING-AWS4-HMAC-SHA256', 'constructor']) {
    const request = signV4({ ...plain, headers: { 'x-amz-content-sha256': value } });
    assert.throws(() => run(request), isKind('InvalidArgument'), value);
  }
});

test('host and every x-amz header must be signed, whoever added them', () => {
  const cases: [SignedRequest, string][] = [
    [signV4({ ...plain, unsignedHeaders: ['host'] }), 'host'],
    [withHeaders(signV4(plain), { 'x-amz-copy-source': '/other/secret' }), 'x-amz-copy-source'],
    [withHeaders(signV4(plain), { 'x-amz-acl': 'public-read', 'x-amz-tagging': 'a=b' }), 'x-amz-acl, x-amz-tagging'],
    [withHeaders(presignV4({ ...plain, expiresSeconds: 60 }), { 'x-amz-meta-a': 'b' }), 'x-amz-meta-a'],
  ];
  for (const [request, names] of cases) {
    assert.throws(() => run(request), isKind('HeadersNotSigned', { fields: { HeadersNotSigned: names } }));
  }
});

test('a presigned request may carry a payload hash that was not signed, but not change how its body is read', () => {
  const signed = presignV4({ ...plain, expiresSeconds: 60 });
  const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  assert.deepEqual(run(withHeaders(signed, { 'x-amz-content-sha256': hex })).bodySigning, { kind: 'sha256', hex });
  for (const value of ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']) {
    assert.throws(() => run(withHeaders(signed, { 'x-amz-content-sha256': value })), isKind('HeadersNotSigned'));
  }
  const pinned = presignV4({ ...plain, query: [['X-Amz-Content-Sha256', hex]], expiresSeconds: 60 });
  assert.deepEqual(run(pinned).bodySigning, { kind: 'sha256', hex });
  const loosened = withHeaders(pinned, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' });
  assert.deepEqual(run(loosened).bodySigning, { kind: 'sha256', hex });
});

test('what was signed decides how the body is read', () => {
  const signingOf = (payload: RequestToSign['payload']) => run(signV4({ ...plain, payload })).bodySigning;
  assert.deepEqual(signingOf('UNSIGNED-PAYLOAD'), { kind: 'unsigned' });
  assert.deepEqual(signingOf('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), {
    kind: 'chunked',
    signature: undefined,
    trailer: true,
  });
  const signed = signV4({ ...plain, payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' });
  const { bodySigning } = run(signed);
  assert.ok(bodySigning.kind === 'chunked' && bodySigning.signature);
  assert.equal(bodySigning.trailer, false);
  const { signer: _signer, ...chain } = bodySigning.signature;
  assert.deepEqual(chain, {
    accessKeyId: exampleCredentials.accessKeyId,
    scope: '20130524/us-east-1/s3/aws4_request',
    timestamp: '20130524T000000Z',
    seedSignature: /Signature=(.*)$/.exec(signed.headers.authorization ?? '')?.[1],
  });
});

test('a signature that does not match is refused with all that helps to find out why', () => {
  const wrong = { ...exampleCredentials, secretAccessKey: 'another' };
  const signed = signV4({ ...plain, path: '/bucket/é', headers: { 'x-amz-meta-name': 'é  è' }, credentials: wrong });
  assert.throws(
    () => run(signed),
    (error) => {
      isKind('SignatureDoesNotMatch')(error);
      const { fields } = (error as { details: { fields: Record<string, string> } }).details;
      assert.equal(fields.AWSAccessKeyId, exampleCredentials.accessKeyId);
      assert.equal(fields.SignatureProvided, /Signature=(.*)$/.exec(signed.headers.authorization ?? '')?.[1]);
      assert.match(
        fields.StringToSign ?? '',
        /^AWS4-HMAC-SHA256\n20130524T000000Z\n20130524\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
      );
      assert.match(
        fields.CanonicalRequest ?? '',
        /^PUT\n\/bucket\/%C3%A9\n\nhost:localhost:9000\n[\s\S]*\nx-amz-meta-name:é è\n\n/,
      );
      return true;
    },
  );
});

test('signatures of another length or alphabet are only wrong', () => {
  for (const signature of ['a', 'Ä'.repeat(64), 'A'.repeat(64), '0'.repeat(65)]) {
    const request = withAuthorization((text) => text.replace(/Signature=.*/, `Signature=${signature}`));
    assert.throws(() => run(request), isKind('SignatureDoesNotMatch'), signature);
  }
});

test('names of signed headers that are no headers are nothing', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const request = withAuthorization((text) => text.replace('SignedHeaders=', `SignedHeaders=${name};`));
    assert.throws(() => run(request), isKind('SignatureDoesNotMatch'), name);
  }
});

const presigned = (query: Record<string, string | undefined>): SignedRequest => {
  const signed = presignV4({ ...plain, method: 'GET', expiresSeconds: 60 });
  const parameters = new URLSearchParams(signed.target.slice(signed.target.indexOf('?')));
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) parameters.delete(name);
    else parameters.set(name, value);
  }
  return { ...signed, target: `/bucket/key?${parameters}` };
};
const required =
  'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, ' +
  'X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.';
const inQuery = 'Error parsing the X-Amz-Credential parameter; ';
const malformedQueries: [Record<string, string | undefined>, message: string][] = [
  ...['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(
    (name): [Record<string, undefined>, string] => [{ [`X-Amz-${name}`]: undefined }, required],
  ),
  [
    { 'X-Amz-Algorithm': 'AWS4-HMAC-SHA512' },
    'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
  ],
  [{ 'X-Amz-Date': 'today' }, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`],
  [
    { 'X-Amz-Date': '20130525T000000Z' },
    'Invalid credential date "20130524". This date is not the same as X-Amz-Date: "20130525".',
  ],
  [{ 'X-Amz-Expires': 'soon' }, 'X-Amz-Expires should be a number'],
  [{ 'X-Amz-Expires': '1.5' }, 'X-Amz-Expires should be a number'],
  [{ 'X-Amz-Expires': '-1' }, 'X-Amz-Expires must be non-negative'],
  [
    { 'X-Amz-Expires': '604801' },
    'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
  ],
  [
    { 'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE' },
    `${inQuery}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
  ],
  [
    { 'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request' },
    `${inQuery}the region 'eu-west-1' is wrong; expecting 'us-east-1'`,
  ],
  [
    { 'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/ec2/aws4_request' },
    `${inQuery}incorrect service "ec2". This endpoint belongs to "s3".`,
  ],
];

for (const [query, message] of malformedQueries) {
  test(`a presigned URL with ${JSON.stringify(query)} is refused`, () => {
    assert.throws(() => run(presigned(query)), isKind('AuthorizationQueryParametersError', { message }));
  });
}

test('a credential in the query without a signature is no anonymous request', () => {
  for (const name of ['Algorithm', 'Credential', 'Signature', 'SignedHeaders', 'Expires']) {
    const target = `/bucket/key?X-Amz-${name}=AKIAIOSFODNN7EXAMPLE`;
    const kind = isKind('AuthorizationQueryParametersError');
    assert.throws(() => run({ ...signV4(plain), target, headers: { host: plain.host } }), kind, name);
  }
});

test('a credential parameter that comes twice is refused, in whatever case', () => {
  const signed = presigned({});
  for (const extra of ['X-Amz-Expires=60', 'x-amz-expires=60', 'X-AMZ-SIGNATURE=a']) {
    const request = { ...signed, target: `${signed.target}&${extra}` };
    assert.throws(() => run(request), isKind('AuthorizationQueryParametersError'), extra);
  }
});

test('a presigned URL is valid from its date, less the skew, until it expires', () => {
  const url = (expiresSeconds: number) => presignV4({ ...plain, method: 'GET', expiresSeconds });
  for (const milliseconds of [-15 * minute, 0, 60_000]) {
    assert.deepEqual(run(url(60), at(milliseconds)).principal, examplePrincipal);
  }
  assert.deepEqual(run(url(604_800), at(604_800_000)).principal, examplePrincipal);
  assert.throws(
    () => run(url(60), at(61_000)),
    isKind('RequestExpired', {
      fields: { 'X-Amz-Expires': 60, Expires: '2013-05-24T00:01:00Z', ServerTime: '2013-05-24T00:01:01Z' },
    }),
  );
  assert.throws(
    () => run(url(60), at(-15 * minute - 1000)),
    isKind('AccessDenied', { message: 'Request is not yet valid' }),
  );
});

test('a presigned URL of no duration has expired, even before its own date', () => {
  const url = presignV4({ ...plain, method: 'GET', expiresSeconds: 0 });
  for (const milliseconds of [0, -5000, 5000])
    assert.throws(() => run(url, at(milliseconds)), isKind('RequestExpired'));
});
