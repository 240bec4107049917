import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type InventoryConfiguration, inventoryFields, isInventoryDue } from './inventory-configuration.ts';
import {
  inventoryColumns,
  inventoryCsvKey,
  inventoryKeys,
  inventoryLine,
  inventoryManifest,
} from './inventory-layout.ts';

const configuration: InventoryConfiguration = {
  id: 'daily',
  isEnabled: true,
  versions: 'All',
  frequency: 'Daily',
  filterPrefix: undefined,
  fields: inventoryFields,
  destination: { bucket: 'lists', accountId: undefined, prefix: 'a/b', format: 'Parquet', encryption: undefined },
};
const run = { sourceBucket: 'source', startedAt: Date.UTC(2016, 10, 6, 21, 32, 59), configuration };

test('keys are those of AWS', () => {
  const keys = inventoryKeys(run);
  assert.equal(keys.manifest, 'a/b/source/daily/2016-11-06T21-32Z/manifest.json');
  assert.equal(keys.checksum, 'a/b/source/daily/2016-11-06T21-32Z/manifest.checksum');
  assert.equal(keys.symlink, 'a/b/source/daily/hive/dt=2016-11-06-21-32/symlink.txt');
  assert.equal(keys.data('x'), 'a/b/source/daily/data/x.parquet');
});

test('columns have the names of AWS, in Parquet too', () => {
  assert.deepEqual(
    inventoryColumns(configuration).map(({ parquetName }) => parquetName),
    'bucket key version_id is_latest is_delete_marker size last_modified_date e_tag storage_class is_multipart_uploaded replication_status encryption_status object_lock_retain_until_date object_lock_mode object_lock_legal_hold_status intelligent_tiering_access_tier bucket_key_status checksum_algorithm object_access_control_list object_owner lifecycle_expiration_date'.split(
      ' ',
    ),
  );
});

test('any files come through a manifest', () => {
  const file = fc.record({
    key: fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed()),
    size: fc.maxSafeNat(),
    md5: fc.string(),
  });
  fc.assert(
    fc.property(
      fc.array(file, { maxLength: 4 }),
      fc.constantFrom('CSV' as const, 'Parquet' as const),
      (files, format) => {
        const destination = { ...configuration.destination, format };
        const text = inventoryManifest({ ...run, configuration: { ...configuration, destination } }, files);
        const manifest = JSON.parse(text) as Record<string, unknown>;
        assert.deepEqual(
          manifest.files,
          files.map(({ key, size, md5 }) => ({ key, size, MD5checksum: md5 })),
        );
        assert.equal(manifest.creationTimestamp, String(run.startedAt));
      },
    ),
  );
});

test('any key is one field of one line, from which it is read back', () => {
  const key = fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.toWellFormed());
  fc.assert(
    fc.property(key, (drawn) => {
      const line = inventoryLine(['bucket', inventoryCsvKey(drawn), null]);
      const found = /^"bucket","([^",\r\n]*)",""\n$/.exec(line);
      assert.equal(decodeURIComponent(found?.[1] ?? ''), drawn);
    }),
  );
});

test('a list is due once a day or a week, at first, and when it is asked for', () => {
  const day = 1000;
  const due = (more: object, at: object = {}) =>
    isInventoryDue(
      { ...configuration, ...more },
      { lastStartedAt: 0, requestedAt: undefined, now: 0, dayMilliseconds: day, ...at },
    );
  assert.equal(due({}, { lastStartedAt: undefined }), true);
  assert.equal(due({}, { now: day - 1 }), false);
  assert.equal(due({}, { now: day }), true);
  assert.equal(due({ frequency: 'Weekly' }, { now: 7 * day - 1 }), false);
  assert.equal(due({ frequency: 'Weekly' }, { now: 7 * day }), true);
  assert.equal(due({ isEnabled: false }, { now: 9 * day }), false);
  assert.equal(due({ isEnabled: false }, { requestedAt: 0 }), true);
});
