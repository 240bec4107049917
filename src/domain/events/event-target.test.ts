import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../errors.ts';
import { checkEventTarget, type EventTarget } from './event-target.ts';

const kafka: EventTarget = {
  name: 'events',
  type: 'kafka',
  url: 'kafka://broker.example:9092',
  options: { topic: 'events' },
  accountIds: [],
};

test('a target that could work is taken', () => {
  checkEventTarget(kafka);
  checkEventTarget({ ...kafka, type: 'webhook', url: 'https://user@hook.example/path?query', options: {} });
  checkEventTarget({ ...kafka, type: 'amqp', url: 'amqps://[2001:db8::1]/vhost', options: { 'routing-key': 'q' } });
});

test('one that never could is refused', () => {
  const wrong: Partial<EventTarget>[] = [
    { name: '' },
    { name: 'a b' },
    { name: 'a'.repeat(65) },
    { url: 'broker.example:9092' },
    { url: 'http://broker.example' },
    { url: 'kafka://' },
    { url: 'file:///etc/passwd' },
    { options: {} },
    { options: { topic: 'a b' } },
    { options: { topic: 'events', other: 'x' } },
    { options: { topic: 'events', sasl: 'GSSAPI' } },
    { type: 'mqtt', url: 'mqtt://broker.example', options: { topic: 'a/#' } },
    { type: 'redis', url: 'redis://broker.example', options: { key: 'k', mode: 'eval' } },
  ];
  for (const parts of wrong) {
    assert.throws(
      () => checkEventTarget({ ...kafka, ...parts }),
      (error) => error instanceof StorageError && error.kind === 'InvalidArgument',
      JSON.stringify(parts),
    );
  }
});
