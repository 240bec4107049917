import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { fixedBits, isInNetwork, parseIpAddress, parseIpNetwork } from './ip-network.ts';

const contained: readonly [network: string, address: string, isIn: boolean][] = [
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.9.8.7/8', '10.0.0.1', true],
  ['203.0.113.7', '203.0.113.7', true],
  ['203.0.113.7', '203.0.113.8', false],
  ['203.0.113.128/25', '203.0.113.127', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '192.0.2.1', false],
  ['2001:DB8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['2001:db8:1234:5678::/64', '2001:db8:1234:5678:9::', true],
  ['192.0.2.0/24', '::ffff:192.0.2.9', true],
  ['192.0.2.0/24', '::ffff:c000:209', true],
  ['::ffff:192.0.2.0/120', '192.0.2.9', true],
  ['::ffff:0:0/96', '192.0.2.9', true],
  ['fe80::/10', 'fe80::1%eth0', true],
];
for (const [network, address, isIn] of contained) {
  test(`${address} is ${isIn ? '' : 'not '}in ${network}`, () => {
    assert.equal(isInNetwork(parseIpNetwork(network)!, parseIpAddress(address)!), isIn);
  });
}

for (const text of [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/08',
  '1.2.3.4/-1',
  '1.2.3.4/8/8',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '12345::',
  'g::',
  '::1/129',
  '1.2.3.4::',
  'fe80::1%eth0',
  ' 1.2.3.4',
  'localhost',
]) {
  test(`no network: "${text}"`, () => assert.equal(parseIpNetwork(text), undefined));
}

test('addresses are those that Node knows', () => {
  const piece = fc.constantFrom('0', '1', 'ffff', ':', '::', '.', '255', '256', '10', 'db8', '00');
  const made = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), made), (text) => {
      assert.equal(parseIpAddress(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 2000 },
  );
});

test('ranges hold what Node finds in them', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.boolean(), (one, other, bits, near) => {
      if (parseIpAddress(one)?.family === 4 || parseIpAddress(other)?.family === 4) return;
      const address = near ? one.replace(/[0-9a-f]$/i, '1') : other;
      const list = new BlockList();
      list.addSubnet(one, bits, 'ipv6');
      assert.equal(
        isInNetwork(parseIpNetwork(`${one}/${bits}`)!, parseIpAddress(address)!),
        list.check(address, 'ipv6'),
      );
    }),
    { numRuns: 500 },
  );
});

test('tells how many bits are fixed', () => {
  for (const [text, bits] of [
    ['10.0.0.0/8', 8],
    ['10.0.0.1', 32],
    ['::ffff:10.0.0.0/104', 8],
    ['2001:db8::/32', 32],
    ['::1', 128],
  ] as const) {
    assert.equal(fixedBits(parseIpNetwork(text)!), bits, text);
  }
});
