import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from '../../../src/cli/remote/answer.ts';
import { writtenParameters } from '../../../src/cli/remote/parameters.ts';

test('an answer becomes a record: lists, maps, numbers, truths and policies as what they are', () => {
  const document = encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: [] }));
  const answer = readAnswer(`<?xml version="1.0"?>
    <R xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><RResult>
      <Users><member><UserName>a &amp; b</UserName><Tags><member><Key>k</Key><Value></Value></member></Tags></member></Users>
      <Groups/><IsTruncated>false</IsTruncated><MaxSessionDuration>3600</MaxSessionDuration>
      <UserName>007</UserName><PolicyDocument>${document}</PolicyDocument>
      <SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>
    </RResult></R>`);
  assert.deepEqual(JSON.parse(JSON.stringify(answer.RResult)), {
    Users: [{ UserName: 'a & b', Tags: [{ Key: 'k', Value: '' }] }],
    Groups: [],
    IsTruncated: false,
    MaxSessionDuration: 3600,
    UserName: '007',
    PolicyDocument: { Version: '2012-10-17', Statement: [] },
    SummaryMap: { Users: 3 },
  });
});

test('what is no answer is refused', () => {
  for (const text of [
    '',
    'hello',
    '<a>',
    '<a></b>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    `${'<a>'.repeat(30)}`,
  ]) {
    assert.throws(() => readAnswer(text), text);
  }
});

test('a field that is called like what all objects have is a field', () => {
  const { R } = readAnswer('<A><R><__proto__>x</__proto__></R></A>') as { R: object };
  assert.deepEqual(Object.keys(R), ['__proto__']);
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('parameters are written as the query protocol has them', () => {
  const written = writtenParameters({
    UserName: 'ada',
    Path: undefined,
    OnlyAttached: false,
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ],
    ActionNames: ['s3:GetObject', 's3:PutObject'],
  });
  assert.deepEqual(written, [
    ['UserName', 'ada'],
    ['OnlyAttached', 'false'],
    ['Tags.member.1.Key', 'a'],
    ['Tags.member.1.Value', '1'],
    ['Tags.member.2.Key', 'b'],
    ['Tags.member.2.Value', ''],
    ['ActionNames.member.1', 's3:GetObject'],
    ['ActionNames.member.2', 's3:PutObject'],
  ]);
});

test('a name that is of a list in one answer and of a number in another is read as what it holds', () => {
  const counts = readAnswer('<R><Counts><Users>3</Users><Roles>0</Roles></Counts><Users/><Roles>\n</Roles></R>');
  assert.deepEqual(counts, { Counts: { Users: 3, Roles: 0 }, Users: [], Roles: [] });
});
