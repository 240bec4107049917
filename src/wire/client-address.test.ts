import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress, trustedProxies } from './client-address.ts';

const trusted = trustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);
const from = (address: string, headers: Record<string, string> = {}, secure = false) =>
  clientAddress({ address, secure }, headers, trusted);
const addressOf = (peer: string, forwarded: string) => from(peer, { 'x-forwarded-for': forwarded }).address;

test('a peer that is no trusted proxy is the client, whatever it sends', () => {
  for (const peer of ['203.0.113.1', '192.0.2.2', '2001:db9::1', '::ffff:203.0.113.1', '']) {
    const headers = { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https' };
    const seen = from(peer, headers);
    assert.deepEqual(seen, { address: peer.replace('::ffff:', ''), secure: false, isForwarded: false });
  }
});

test('a trusted proxy that says nothing is taken for the client itself', () => {
  assert.deepEqual(from('10.0.0.1', {}, true), { address: '10.0.0.1', secure: true, isForwarded: false });
});

test('the list is read from the right, up to the first that is not trusted', () => {
  assert.equal(addressOf('10.0.0.1', '203.0.113.9'), '203.0.113.9');
  assert.equal(addressOf('::ffff:10.0.0.1', '203.0.113.9'), '203.0.113.9');
  assert.equal(addressOf('2001:db8::5', '203.0.113.9'), '203.0.113.9');
  assert.equal(addressOf('10.0.0.1', '198.51.100.1, 203.0.113.9, 10.0.0.2'), '203.0.113.9');
  assert.equal(addressOf('10.0.0.1', '198.51.100.1,203.0.113.9,::ffff:10.0.0.2,192.0.2.1'), '203.0.113.9');
  assert.equal(addressOf('10.0.0.1', '10.9.9.9, 203.0.113.9'), '203.0.113.9');
  assert.equal(addressOf('10.0.0.1', '10.0.0.3, 10.0.0.2'), '10.0.0.3');
});

test('ports are left out, in both families', () => {
  assert.equal(addressOf('10.0.0.1', '203.0.113.9:4711'), '203.0.113.9');
  assert.equal(addressOf('10.0.0.1', '[2001:db9::1]:4711'), '2001:db9::1');
  assert.equal(addressOf('10.0.0.1', '[2001:db9::1]'), '2001:db9::1');
  assert.equal(addressOf('10.0.0.1', '2001:db9::1'), '2001:db9::1');
});

test('an entry that is no address ends the list at what is known', () => {
  for (const forwarded of [
    'unknown',
    '',
    ',',
    '203.0.113.9, unknown',
    '203.0.113.9,',
    '1.2.3',
    '1.2.3.4.5',
    '0x1.2.3.4',
  ]) {
    assert.equal(addressOf('10.0.0.1', forwarded), '10.0.0.1', forwarded);
  }
  assert.equal(addressOf('10.0.0.1', 'unknown, 10.0.0.2'), '10.0.0.2');
});

test('TLS is what the trusted proxies say, and of every leg', () => {
  const secure = (protocol: string, own = false) => from('10.0.0.1', { 'x-forwarded-proto': protocol }, own).secure;
  for (const protocol of ['https', 'HTTPS', ' https ', 'https,https']) assert.equal(secure(protocol), true, protocol);
  for (const protocol of ['http', 'https, http', 'http, https', '', 'https,', 'wss']) {
    assert.equal(secure(protocol, true), false, protocol);
  }
  assert.equal(from('10.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, true).secure, true);
});

test('networks that are none are refused', () => {
  for (const network of ['nonsense', '10.0.0.0/33', '10.0.0.0/x', '', '2001:db8::/129']) {
    assert.throws(() => trustedProxies([network]), network);
  }
});
