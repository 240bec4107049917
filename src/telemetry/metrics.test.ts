import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeMetrics, RequestMetrics } from './metrics.ts';
import type { Outcome } from './outcome.ts';

const outcome = (changes: Partial<Outcome>): Outcome => ({
  operation: 'GetObject',
  principal: undefined,
  bucket: 'bucket',
  key: 'key',
  method: 'GET',
  target: '/bucket/key',
  status: 200,
  errorCode: undefined,
  bytesIn: 0,
  bytesOut: 0,
  milliseconds: 1,
  requestId: '0',
  remoteAddress: '192.0.2.1',
  userAgent: undefined,
  ...changes,
});

test('the processes of a server are one in its metrics', async () => {
  const [one, other] = [new RequestMetrics(), new RequestMetrics()];
  one.observe(outcome({ bytesOut: 10, milliseconds: 1 }));
  one.observe(outcome({ bytesOut: 5, milliseconds: 2.6 }));
  one.observe(outcome({ status: 404, errorCode: 'NoSuchKey', milliseconds: 90_000 }));
  other.observe(outcome({ bytesOut: 1, milliseconds: 1 }));
  other.observe(outcome({ operation: undefined, status: 400, errorCode: 'InvalidURI', bytesIn: 7 }));
  const { body, contentType } = await exposeMetrics([await one.snapshot(), await other.snapshot()]);
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'cairn_requests_total{operation="GetObject",status="200"} 3',
    'cairn_requests_total{operation="GetObject",status="404"} 1',
    'cairn_requests_total{operation="none",status="400"} 1',
    'cairn_request_errors_total{operation="GetObject",code="NoSuchKey"} 1',
    'cairn_sent_bytes_total{operation="GetObject"} 16',
    'cairn_received_bytes_total{operation="none"} 7',
    'cairn_request_duration_seconds_bucket{operation="GetObject",le="0.001"} 2',
    'cairn_request_duration_seconds_bucket{operation="GetObject",le="0.0025"} 2',
    'cairn_request_duration_seconds_bucket{operation="GetObject",le="0.005"} 3',
    'cairn_request_duration_seconds_bucket{operation="GetObject",le="60"} 3',
    'cairn_request_duration_seconds_bucket{operation="GetObject",le="+Inf"} 4',
    'cairn_request_duration_seconds_count{operation="GetObject"} 4',
    '# TYPE cairn_request_duration_seconds histogram',
  ]) {
    assert.ok(body.split('\n').includes(line), `${line} is not in\n${body}`);
  }
});
