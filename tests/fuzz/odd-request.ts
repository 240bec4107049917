import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Operation } from '../../src/s3/operation.ts';
import { subResources } from '../../src/s3/routing/sub-resources.ts';
import type { Credentials, PayloadKind, SignedRequest } from '../signing/sign-v4.ts';
import { onWire, presignV4, signV4, targetOf } from '../signing/sign-v4.ts';
import { oddBytes, oddJson, oddXml } from './odd-document.ts';
import { oddForm } from './odd-form.ts';
import { oddHeaderValue, oddText } from './odd-text.ts';
import { readNames } from './read-names.ts';

/** What is there for requests to hit. */
export interface Fixtures {
  readonly host: string;
  readonly credentials: Credentials;
  readonly accountId: string;
  /** The first takes requests that nobody signed, too. */
  readonly buckets: readonly string[];
  readonly keys: readonly string[];
  readonly uploadIds: readonly string[];
  readonly versionIds: readonly string[];
}

/** A request as it goes over the wire. */
export interface OddRequest {
  readonly method: string;
  readonly bytes: Buffer;
  /** It lies about where it ends, so that no other request can follow it. */
  readonly isLast: boolean;
}

type Pairs = readonly (readonly [string, string])[];

/** What of a request was drawn, before it is signed. */
interface Drawn {
  readonly method: string;
  readonly path: string;
  readonly query: Pairs;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const signings = fc.oneof(
  { weight: 8, arbitrary: fc.constant('header' as const) },
  { weight: 2, arbitrary: fc.constant('query' as const) },
  { weight: 3, arbitrary: fc.constant('nobody' as const) },
  { weight: 1, arbitrary: fc.constant('badly' as const) },
);
const payloads = fc.constantFrom<PayloadKind>(
  ...(['sha256', 'sha256', 'sha256', 'UNSIGNED-PAYLOAD'] as const),
  ...(['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'] as const),
);

/** Put into the target as they stand: what no signer writes. */
const rawEndings = [
  '%',
  '%zz',
  '%ED%A0%80',
  '%C0%80',
  '&',
  '&&=',
  '?',
  '#x',
  '&a=%00',
  '\xff',
  '\xe9',
  '&%E0%A4%A',
  '&a=%ED%BF%BF',
];
const rawEnding = fc.oneof(
  { weight: 10, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(...rawEndings) },
);
/** Lines added to the head behind the signer's back. */
const rawLines = [
  ...['x-amz-acl: private', 'host: another', 'content-length: 3', 'range: bytes=0-1', 'x-amz-date: x', 'cookie: a=b'],
  ...[
    'authorization: AWS a:b',
    'accept: */*',
    'x-amz-meta-a: \x01',
    'content-type: a\xffb',
    'transfer-encoding: identity',
  ],
  `x-amz-meta-long: ${'x'.repeat(40_000)}`,
];
const changesLength = /^(?:content-length|transfer-encoding):/;
const rawLine = fc.oneof(
  { weight: 10, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(...rawLines) },
);

/** Requests that are routed to the operation, or would be but for what was drawn beside its route. */
export function oddRequestOf(operation: Operation, fixtures: Fixtures): fc.Arbitrary<OddRequest> {
  if (operation.body.kind === 'form') return formRequest(fixtures);
  const drawn = fc.record<Drawn>({
    method: fc.constant(operation.route.method),
    path: pathOf(operation, fixtures),
    query: queryOf(operation, fixtures),
    headers: headersOf(operation, fixtures),
    body: bodyOf(operation),
  });
  return fc
    .record({ drawn, signing: signings, payload: payloads, ending: rawEnding, line: rawLine })
    .map(({ drawn: plain, signing, payload, ending, line }) => {
      const request = withIntegrity(operation, plain);
      const toSign = { ...request, host: fixtures.host, credentials: fixtures.credentials, date: new Date(), payload };
      const signed =
        signing === 'query'
          ? presignV4({ ...toSign, expiresSeconds: 60 })
          : signing === 'nobody'
            ? unsigned(fixtures.host, request)
            : signV4(toSign);
      const bytes = wire(signing === 'badly' ? spoilt(signed) : signed, { ending, line });
      return { method: request.method, bytes, isLast: changesLength.test(line) };
    });
}

/** Where a digest of the document must be there, most requests have it. */
function withIntegrity({ body }: Operation, drawn: Drawn): Drawn {
  if (body.kind !== 'xml' || !body.integrityRequired || drawn.query.length > 3) return drawn;
  const md5 = createHash('md5').update(drawn.body).digest('base64');
  return { ...drawn, headers: { 'content-md5': md5, ...drawn.headers } };
}

function unsigned(host: string, { method, path, query, headers, body }: Drawn): SignedRequest {
  const all: Record<string, string> = { host, ...headers };
  if (body.length > 0 || method === 'PUT' || method === 'POST') all['content-length'] = String(body.length);
  return { method, host, target: targetOf({ path, query }), headers: onWire(all), body };
}

function spoilt(request: SignedRequest): SignedRequest {
  const authorization = request.headers.authorization?.replace(/.{3}$/, 'xyz');
  return { ...request, headers: { ...request.headers, ...(authorization ? { authorization } : {}) } };
}

function wire(
  { method, target, headers, body }: SignedRequest,
  { ending, line }: { readonly ending: string; readonly line: string },
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (line !== '') lines.push(`${line}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${target}${ending} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}

function formRequest({ host, credentials, buckets }: Fixtures): fc.Arbitrary<OddRequest> {
  return fc.constantFrom(...buckets).chain((bucket) =>
    fc.tuple(oddForm(bucket, credentials), rawLine).map(([{ contentType, body }, line]) => {
      const headers = { host, 'content-type': contentType, 'content-length': String(body.length) };
      const bytes = wire({ method: 'POST', host, target: `/${bucket}`, headers, body }, { ending: '', line });
      return { method: 'POST', bytes, isLast: changesLength.test(line) };
    }),
  );
}

function pathOf({ route }: Operation, { buckets, keys }: Fixtures): fc.Arbitrary<string> {
  const bucket = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...buckets) }, { weight: 1, arbitrary: oddText });
  const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: oddText });
  switch (route.target) {
    case 'service':
      return fc.constant('/');
    case 'account':
      return fc.constant(`/v20180820/${route.path ?? ''}`);
    case 'bucket':
      return bucket.map((name) => `/${name}`);
    case 'object':
      return fc.tuple(bucket, key).map((names) => `/${names.join('/')}`);
  }
}

/** What has a meaning under a name, for one draw in two. */
function likely(name: string, { buckets, keys, uploadIds, versionIds, accountId }: Fixtures): readonly string[] {
  switch (name) {
    case 'uploadId':
      return uploadIds;
    case 'versionId':
      return ['null', ...versionIds];
    case 'partNumber':
      return ['1', '2', '3'];
    case 'x-amz-account-id':
      return [accountId];
    case 'x-amz-copy-source':
      return buckets.flatMap((bucket) => keys.map((key) => `/${bucket}/${key}`));
    case 'x-amz-object-lock-mode':
      return ['GOVERNANCE', 'COMPLIANCE'];
    case 'x-amz-object-lock-retain-until-date':
      return ['2090-01-01T00:00:00Z', '2020-01-01'];
    case 'x-amz-object-lock-legal-hold':
      return ['ON', 'OFF'];
    case 'events':
      return ['s3:ObjectCreated:*', 's3:ObjectRemoved:Delete'];
    case 'x-amz-cairn-replica':
      return [`19f00000000000${'ab'.repeat(9)}/1700000000000`, `${versionIds[0] ?? ''}/1`];
    case 'x-amz-object-attributes':
      return ['ETag', 'ETag,Checksum,ObjectParts,StorageClass,ObjectSize'];
    default:
      return [];
  }
}

/** Up to two of the operation's own names, and now and then one that others read. */
function pairsOf(
  own: readonly string[],
  others: readonly string[],
  textFor: (name: string) => fc.Arbitrary<string>,
): fc.Arbitrary<Pairs> {
  const pair = (names: readonly string[]) =>
    fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), textFor(name)));
  const mine = own.length === 0 ? fc.constant<Pairs>([]) : fc.array(pair(own), { maxLength: 2 });
  const more = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Pairs>([]) },
    { weight: 1, arbitrary: fc.tuple(pair(others)) },
  );
  return fc.tuple(mine, more).map(([first, rest]) => [...first, ...rest]);
}

function queryOf(operation: Operation, fixtures: Fixtures): fc.Arbitrary<Pairs> {
  const { own, everywhere } = readNames(operation);
  const textFor = (name: string) => likelyOr(oddText, likely(name, fixtures));
  const route = Object.entries(operation.route.query ?? {}).map(([name, value]) =>
    fc.tuple(fc.constant(name), value === true ? textFor(name) : fc.constant(value)),
  );
  const names = pairsOf(own.parameters, everywhere.parameters, textFor);
  const unknown = fc.oneof(
    { weight: 20, arbitrary: fc.constant<Pairs>([]) },
    { weight: 1, arbitrary: fc.tuple(fc.tuple(fc.oneof(fc.constantFrom(...subResources), oddText), oddText)) },
  );
  return fc.tuple(fc.tuple(...route), names, unknown).map((parts) => parts.flat());
}

function headersOf(operation: Operation, fixtures: Fixtures): fc.Arbitrary<Record<string, string>> {
  const { own, everywhere } = readNames(operation);
  const textFor = (name: string) => likelyOr(oddHeaderValue, likely(name, fixtures));
  const route = (operation.route.headers ?? []).map((name) => fc.tuple(fc.constant(name), textFor(name)));
  const names = pairsOf(own.headers, everywhere.headers, textFor);
  return fc.tuple(names, fc.tuple(...route)).map((parts) => Object.fromEntries(parts.flat()));
}

function likelyOr(other: fc.Arbitrary<string>, values: readonly string[]): fc.Arbitrary<string> {
  if (values.length === 0) return other;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: other });
}

function bodyOf({ body }: Operation): fc.Arbitrary<Buffer> {
  const nothing = fc.constant(Buffer.alloc(0));
  switch (body.kind) {
    case 'xml':
      return body.schema ? oddXml(body.schema, body.root) : oddBytes;
    case 'text':
      return fc.oneof({ weight: 8, arbitrary: oddJson }, { weight: 1, arbitrary: oddBytes });
    case 'stream':
      return oddBytes;
    default:
      return fc.oneof({ weight: 4, arbitrary: nothing }, { weight: 1, arbitrary: oddBytes });
  }
}
