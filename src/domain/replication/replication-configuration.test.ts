import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { destinationsOf, type ReplicationFacts, type ReplicationRule } from './replication-configuration.ts';
import { parseReplicationTarget, targetId, targetOfId } from './replication-target.ts';

const status = fc.constantFrom('Enabled', 'Disabled');
const maybe = fc.option(status, { nil: undefined });
const keys = fc.stringMatching(/^[ab]{0,3}$/);
const tags = fc.uniqueArray(fc.tuple(fc.constantFrom('k', 'l'), fc.constantFrom('v', 'w')), {
  selector: ([key]) => key,
  maxLength: 2,
});
const arns = fc.constantFrom('arn:aws:s3:::one', 'arn:aws:s3:::two', 'arn:minio:replication::far:one');

const rules: fc.Arbitrary<ReplicationRule> = fc.record({
  id: fc.constant('rule'),
  priority: fc.integer({ min: 0, max: 1_000_000 }),
  status,
  filter: fc.record({
    form: fc.constantFrom('first-form', 'all', 'prefix', 'and'),
    prefix: fc.option(keys, { nil: undefined }),
    tags,
  }),
  deleteMarkers: maybe,
  existingObjects: maybe,
  replicaModifications: maybe,
  sseKmsObjects: maybe,
  destination: arns.map((bucketArn) => ({
    bucketArn,
    account: undefined,
    storageClass: undefined,
    ownerOverride: false,
    replicaKmsKeyId: undefined,
    replicationTime: undefined,
    metrics: undefined,
  })),
});

const facts: fc.Arbitrary<ReplicationFacts> = fc.record({
  key: keys,
  tags,
  kind: fc.constantFrom('version', 'delete-marker'),
  isReplica: fc.boolean(),
  encryption: fc.constantFrom(undefined, 'SSE-S3', 'SSE-KMS', 'SSE-C'),
});

/** Said once more, a destination at a time. */
function expectedRule(all: readonly ReplicationRule[], arn: string, of: ReplicationFacts): ReplicationRule | undefined {
  const fitting = all
    .filter((rule) => rule.status === 'Enabled' && rule.destination.bucketArn === arn)
    .filter(({ filter }) => of.key.startsWith(filter.prefix ?? ''))
    .filter(({ filter }) => filter.tags.every((wanted) => of.tags.some((tag) => tag.join('=') === wanted.join('='))))
    .toSorted((a, b) => b.priority! - a.priority!);
  const [first] = fitting;
  if (!first || of.encryption === 'SSE-C') return undefined;
  if (of.isReplica && first.replicaModifications !== 'Enabled') return undefined;
  const takesMarkers = first.filter.form === 'first-form' || first.deleteMarkers === 'Enabled';
  if (of.kind === 'delete-marker') return takesMarkers ? first : undefined;
  return of.encryption === 'SSE-KMS' && first.sseKmsObjects !== 'Enabled' ? undefined : first;
}

test('each destination gets a version by its one rule of the highest priority, if that wants it', () => {
  const configurations = fc.uniqueArray(rules, { selector: ({ priority }) => priority, maxLength: 6 });
  fc.assert(
    fc.property(configurations, facts, (all, of) => {
      const chosen = new Map(destinationsOf({ role: '', rules: all }, of).map(({ id, rule }) => [id, rule]));
      for (const arn of ['arn:aws:s3:::one', 'arn:aws:s3:::two', 'arn:minio:replication::far:one']) {
        assert.equal(chosen.get(targetId(parseReplicationTarget(arn)!)), expectedRule(all, arn, of), arn);
      }
    }),
    { numRuns: 500 },
  );
});

test('an ARN names a bucket of this server or of a remote, in either spelling', () => {
  assert.deepEqual(parseReplicationTarget('arn:aws:s3:::my.bucket'), { remote: undefined, bucket: 'my.bucket' });
  for (const arn of ['arn:minio:replication::far:my-bucket', 'arn:cairn:replication:eu-x:far:my-bucket']) {
    assert.deepEqual(parseReplicationTarget(arn), { remote: 'far', bucket: 'my-bucket' });
  }
  const wrong = [
    '',
    'bucket',
    'arn:aws:s3:::',
    'arn:aws:s3:::a/b',
    'arn:aws:sqs:::bucket',
    'arn:minio:replication::Far:b-b',
  ];
  for (const arn of wrong) assert.equal(parseReplicationTarget(arn), undefined, arn);
});

test('a target is read back from its id', () => {
  for (const target of [
    { remote: undefined, bucket: 'bucket' },
    { remote: 'far', bucket: 'bucket' },
  ]) {
    assert.deepEqual(targetOfId(targetId(target)), target);
  }
});
