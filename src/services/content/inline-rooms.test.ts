import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumLength, InlineRooms } from './inline-rooms.ts';

test('a room is lent again only once it was given back, and is as long as was asked for', () => {
  const rooms = new InlineRooms(65_536);
  const first = rooms.take(65_536);
  const second = rooms.take(40_000);
  assert.notEqual(first.sealed.buffer, second.sealed.buffer);
  assert.equal(first.sealed.length, checksumLength + 65_536);
  assert.equal(second.bytes.length, 40_000);
  assert.equal(second.sealed.buffer, second.bytes.buffer);
  rooms.giveBack(second);
  const third = rooms.take(65_552);
  assert.equal(third.sealed.buffer, second.sealed.buffer);
  assert.equal(third.bytes.length, 65_552);
  assert.equal(third.bytes.byteOffset - third.sealed.byteOffset, checksumLength);
});

test('what is too small or too large to be kept is not', () => {
  const rooms = new InlineRooms(65_536);
  for (const length of [0, 1, 4096, 1_000_000]) {
    const room = rooms.take(length);
    assert.equal(room.bytes.length, length);
    rooms.giveBack(room);
    assert.notEqual(rooms.take(65_536).sealed.buffer, room.sealed.buffer);
  }
});
