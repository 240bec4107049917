import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayConnectTo } from './outbound-address.ts';
import { parseIpNetwork } from './policy/ip-network.ts';

const refused = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  'fc00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
  'not an address',
  '127.1',
  '0x7f000001',
  '2130706433',
  '',
];

for (const address of refused) {
  test(`nothing connects to ${address || 'nothing'} by itself`, () => assert.equal(mayConnectTo(address, []), false));
}

test('public addresses are open', () => {
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
    assert.equal(mayConnectTo(address, []), true, address);
  }
});

test('a listed network is open, and nothing beside it', () => {
  const allowed = ['127.0.0.0/8', 'fd00::/16'].map((text) => parseIpNetwork(text)!);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', 'fd00::5']) {
    assert.equal(mayConnectTo(address, allowed), true, address);
  }
  for (const address of ['10.0.0.1', '::1', 'fd01::5']) {
    assert.equal(mayConnectTo(address, allowed), false, address);
  }
});
