import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorKinds, identityErrorKinds } from '../domain/errors.ts';
import { type ErrorAnswer, errorCatalogue } from './error-catalogue.ts';

const answers: readonly (readonly [string, ErrorAnswer])[] = Object.entries(errorCatalogue);

test('every kind of failure has an answer, and no answer is for no kind', () => {
  assert.deepEqual(Object.keys(errorCatalogue).sort(), [...errorKinds, ...identityErrorKinds].sort());
});

test('statuses are errors (or 304), codes are words and messages are sentences', () => {
  for (const [kind, { code, status, message }] of answers) {
    assert.ok(status === 304 || (status >= 400 && status <= 599), kind);
    assert.match(code, /^(?:KMS\.)?[A-Z][A-Za-z0-9]+$/, kind);
    assert.match(message, /^\S.*\S$/, kind);
  }
});

test('what SDKs repeat is only what a repetition can cure', () => {
  const repeated = answers.filter(([, { status }]) => [500, 502, 503, 504].includes(status)).map(([kind]) => kind);
  assert.deepEqual(repeated.sort(), [
    'InternalError',
    'PolicyEvaluationFailed',
    'SelectBusy',
    'ServiceUnavailable',
    'SlowDown',
  ]);
});

test('codes whose spelling or status differs from the kind are those of AWS', () => {
  const expected = {
    ContentSha256Mismatch: ['XAmzContentSHA256Mismatch', 400],
    KeyTooLong: ['KeyTooLongError', 400],
    MalformedXml: ['MalformedXML', 400],
    InvalidUri: ['InvalidURI', 400],
    VersionIsDeleteMarker: ['MethodNotAllowed', 405],
    RequestExpired: ['AccessDenied', 403],
    HeadersNotSigned: ['AccessDenied', 403],
    AnonymousNotAllowed: ['AccessDenied', 403],
    IllegalVersioningConfiguration: ['IllegalVersioningConfigurationException', 400],
    RequestTimeout: ['RequestTimeout', 400],
    NotModified: ['NotModified', 304],
  } as const;
  for (const [kind, [code, status]] of Object.entries(expected)) {
    const answer = errorCatalogue[kind as keyof typeof expected];
    assert.deepEqual([answer.code, answer.status], [code, status], kind);
  }
});
