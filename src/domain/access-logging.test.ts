import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessLogKeyFormat, dayOfEvent, logObjectKey } from './access-logging.ts';

const source = { accountId: '123456789012', region: 'eu-west-1', bucket: 'shop' };
const eventAt = Date.UTC(2026, 1, 28, 23, 59, 59);
const deliveredAt = Date.UTC(2026, 2, 1, 0, 4, 5);
const keyFor = (keyFormat: AccessLogKeyFormat) =>
  logObjectKey({
    logging: { targetPrefix: 'logs/', keyFormat },
    source,
    eventAt,
    deliveredAt,
    unique: '0123456789ABCDEF',
  });

test('keys are named after the delivery, or partitioned by it or by the day of the requests', () => {
  assert.equal(keyFor('unsaid'), 'logs/2026-03-01-00-04-05-0123456789ABCDEF');
  assert.equal(keyFor('simple'), keyFor('unsaid'));
  const folder = 'logs/123456789012/eu-west-1/shop/';
  assert.equal(keyFor('partitioned-by-delivery'), `${folder}2026/03/01/2026-03-01-00-04-05-0123456789ABCDEF`);
  assert.equal(keyFor('partitioned-by-event'), `${folder}2026/02/28/2026-02-28-00-00-00-0123456789ABCDEF`);
});

test('days part the lines only where the key tells the day', () => {
  const logging = { targetBucket: 't', targetPrefix: '', targetGrants: [] };
  const day = (keyFormat: AccessLogKeyFormat, at: number) => dayOfEvent({ ...logging, keyFormat }, at);
  assert.notEqual(day('partitioned-by-event', eventAt), day('partitioned-by-event', deliveredAt));
  assert.equal(day('partitioned-by-delivery', eventAt), day('partitioned-by-delivery', deliveredAt));
  assert.equal(day('simple', eventAt), day('simple', deliveredAt));
});
