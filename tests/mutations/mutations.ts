/** One way to break the product, and what must notice. */
export interface Mutation {
  /** In words: what the broken product does. */
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The most simulated runs until one is red, or the plan or the test that must be red. */
  readonly red: { readonly runs: number } | { readonly plan: string } | { readonly test: string };
}

const versions = 'src/services/objects/key-versions.ts';
const objects = 'src/services/objects/object-service.ts';
const links = 'src/services/content/link-content.ts';
const reclaim = 'src/services/content/reclaim.ts';
const stage = 'src/services/content/stage-content.ts';
const uploads = 'src/services/uploads/upload-service.ts';
const identity = 'src/services/identity/identity-service.ts';

export const mutations: readonly Mutation[] = [
  {
    name: 'preconditions of a put are held against what was current before the transaction',
    file: objects,
    from: `    return commitStaged(context, staged, (tx) =>
      whenReady(openBucket(tx, put.bucket, context), (bucket) => {
        // That of a replica was weighed where it was made, and may have ended since.
        if (!put.replica) checkNewLock(put.description, bucket, context.clock.now());
        return whenReady(readKeyVersions(tx, bucket, put.key), (versions) => {
          checkWriteConditions(put.conditions, versions.current);
          staged.link(tx);
          return this.#insert(tx, { bucket, versions, checksum, staged }, put);
        });
      }),
    );
`,
    to: `    return (async () => {
      const { versionRecordType } = await import('../../records/version-record.ts');
      const seen = await context.metadata.get(keyspace.current({ bucketId: put.bucket.id, key: put.key }));
      return commitStaged(context, staged, (tx) =>
        whenReady(openBucket(tx, put.bucket, context), (bucket) =>
          whenReady(readKeyVersions(tx, bucket, put.key), (versions) => {
            checkWriteConditions(put.conditions, seen && (versionRecordType.decode(seen) as ObjectVersion));
            staged.link(tx);
            return this.#insert(tx, { bucket, versions, checksum, staged }, put);
          }),
        ),
      );
    })();
`,
    red: { runs: 1000 },
  },
  {
    name: 'a copy is not counted as a link',
    file: 'src/services/objects/copy-object.ts',
    from: '      await linkContent(tx, content);\n',
    to: '',
    red: { runs: 200 },
  },
  {
    name: 'contents are reclaimed without a time of grace',
    file: links,
    from: 'context.clock.now() + context.storage.reclaimGraceMilliseconds',
    to: 'context.clock.now()',
    red: { runs: 3000 },
  },
  {
    name: 'parts are reclaimed although somebody holds a lease on them',
    file: reclaim,
    from: '  if (latest > now) {',
    to: '  if (latest > now + 1e15) {',
    red: { plan: 'tests/simulation/corpus/long-download-races-reclaim.json' },
  },
  {
    name: 'a version that is held gives way to another null version',
    file: versions,
    from: '  checkRemoval(version, { now: context.clock.now(), mayBypassGovernance });\n',
    to: '',
    red: { runs: 500 },
  },
  {
    name: 'what is overwritten stays in the counters of the account',
    file: 'src/records/usage-record.ts',
    from: '  if (ownerAccountId !== undefined) tx.add(',
    to: '  if (ownerAccountId !== undefined && deltas.every((delta) => delta >= 0)) tx.add(',
    red: { runs: 200 },
  },
  {
    name: 'a removed object stays in the counters',
    file: versions,
    from: 'objects: wasCurrent ? -1 : 0, ',
    to: '',
    red: { runs: 200 },
  },
  {
    name: 'the head of a key is not written',
    file: versions,
    from: '    writeRecord(tx, { type: headRecordType, key: keyspace.head(address) }, { newest: record.token, nullToken });\n',
    to: '',
    red: { runs: 200 },
  },
  {
    name: 'an older null version stays beside a new one',
    file: versions,
    from: 'whenReady(dropNoncurrent(tx, { bucket, versions, context }, nullToken), (replaced) =>',
    to: 'whenReady(undefined as VersionRecord | undefined, (replaced) =>',
    red: { runs: 500 },
  },
  {
    name: 'a removal does not bring the version before it back',
    file: versions,
    from: "  if (!current && newestEntry && newest?.kind === 'object') {",
    to: "  if (!current && newestEntry && newest?.kind === 'object' && newest.isNull) {",
    red: { runs: 500 },
  },
  {
    name: 'writes go into a bucket that is being deleted',
    file: 'src/services/buckets/open-bucket.ts',
    from: '  if (record.closingSince === undefined) return record;\n',
    to: '  if (record.id !== undefined) return record;\n',
    red: { runs: 3000 },
  },
  {
    name: 'staged bytes are thrown away although nobody knows whether they were committed',
    file: stage,
    from: '    if (isRefused || (error instanceof MetadataSpaceError && (await hasNoRecord(context, staged)))) {',
    to: '    if (isRefused || error) {',
    red: { runs: 1000 },
  },
  {
    name: 'what a crash left is removed without being condemned first',
    file: reclaim,
    from: '    if (record === undefined) condemn(context, tx, { id, form });\n',
    to: '',
    red: { runs: 3000 },
  },
  {
    name: 'the blob of a reclaimed content stays',
    file: reclaim,
    from: "content.id);\n  if (content.kind === 'blob') await blobsOf(context, content.form).delete(content.id);\n",
    to: 'content.id);\n',
    red: { runs: 200 },
  },
  {
    name: 'a part that is replaced stays in storage',
    file: uploads,
    from: '      if (replaced) await unlinkContent(tx, replaced.content, this.#context);\n',
    to: '',
    red: { runs: 500 },
  },
  {
    name: 'an abort does not look whether the upload is still there',
    file: uploads,
    from: '      await readUpload(tx, address);\n      await endUpload(',
    to: '      await endUpload(',
    red: { runs: 500 },
  },
  {
    name: 'a repeated completion is not recognized',
    file: 'src/services/uploads/complete-upload.ts',
    from: '    if (remembered?.requestDigest === requestDigest) return remembered;\n',
    to: '',
    red: { runs: 500 },
  },
  {
    name: 'a link is taken away by reading its counter outside of the transaction',
    file: links,
    from: '  return whenReady(tx.get(key), (stored) => {\n',
    to: `  const read = tx.range({ from: key, to: Buffer.concat([key, Buffer.alloc(1)]), limit: 1 });
  return whenReady(whenReady(read, ([entry]) => entry?.value), (stored) => {
`,
    red: { runs: 3000 },
  },
  {
    name: 'a named version that moves while it is looked for is missed',
    file: objects,
    from: `    const found = this.#context.metadata.snapshot((snapshot) =>
      whenReady(findVersion(snapshot, target), (version): MaybePromise<FoundObject> => {
        if (version.content.kind !== 'inline') return { version, sealed: undefined };
        return whenReady(snapshot.get(keyspace.inlineContent(version.content.id)), (sealed) => ({ version, sealed }));
      }),
    );
`,
    to: `    const { metadata } = this.#context;
    const found = whenReady(findVersion(metadata, target), (version): MaybePromise<FoundObject> => {
      if (version.content.kind !== 'inline') return { version, sealed: undefined };
      return whenReady(metadata.get(keyspace.inlineContent(version.content.id)), (sealed) => ({ version, sealed }));
    });
`,
    red: { runs: 3000 },
  },
  {
    name: 'a version that moves while versions are listed is missed',
    file: 'src/services/objects/list-objects.ts',
    from: `  const page = await metadata.snapshot((snapshot) => {
    const tables = new VersionTables(snapshot, query);
    return listPage<StoredVersion, string>({
      ...query,
      read: (position, limit) => tables.read(position, limit),
      past: (stored) => ({ kind: 'past-mark', key: stored.key, mark: tokenOf(stored) }),
    });
  });
`,
    to: `  const tables = new VersionTables(metadata, query);
  const page = await listPage<StoredVersion, string>({
    ...query,
    read: (position, limit) => tables.read(position, limit),
    past: (stored) => ({ kind: 'past-mark', key: stored.key, mark: tokenOf(stored) }),
  });
`,
    red: { runs: 3000 },
  },
  {
    name: 'the source of a part that is replaced while it is copied is answered as missing',
    file: objects,
    from: '.open(target, bearer).catch(sourceGone)',
    to: '.open(target, bearer)',
    red: { plan: 'tests/simulation/corpus/source-of-a-part-vanishes.json' },
  },
  {
    name: 'a listing of versions orders keys as UTF-16',
    file: 'src/services/objects/list-objects.ts',
    from: 'compareUtf8(left.key, right.key) <= 0)',
    to: 'left.key <= right.key)',
    red: { runs: 3000 },
  },
  {
    name: 'the parts of an upload are listed after it was looked at',
    file: uploads,
    from: `    const isAsked = page.limit > 0 && isToken(address.uploadId);
    const entries = isAsked
      ? await this.#context.metadata.range(spans.parts(address.uploadId, page.after, page.limit + 1))
      : [];
    const upload = await this.get(address);
`,
    to: `    const upload = await this.get(address);
    const entries = await this.#context.metadata.range(spans.parts(address.uploadId, page.after, page.limit + 1));
`,
    red: { plan: 'tests/simulation/corpus/list-parts-races-complete.json' },
  },
  {
    name: 'a key that has become another account’s goes with the account that had it',
    file: identity,
    from: '  await tx.getMany(places);\n',
    to: '',
    red: { plan: 'tests/simulation/corpus/key-changes-hands-while-account-is-deleted.json' },
  },
  {
    name: 'a page of access keys ends where one was deleted since',
    file: identity,
    from: '      if (entries.length < wanted || keys.length === page.limit) return keys;',
    to: '      if (entries.length <= wanted) return keys;',
    red: { plan: 'tests/simulation/corpus/key-vanishes-from-a-page.json' },
  },
  {
    name: 'an account goes although a bucket is made for it',
    file: 'src/services/buckets/bucket-service.ts',
    from: '      tx.put(keyspace.account(owner.accountId), account);\n',
    to: '',
    red: { runs: 3000 },
  },
  {
    name: 'a failed DeleteObjects goes on deleting behind its answer',
    file: 'src/s3/operations/delete-objects.ts',
    from: `await Promise.allSettled(
        group.map((object) => deleteOne({ bucket, access, origin, services, bypass: input.bypass }, object)),
      );`,
    to: '(await Promise.all(group.map((object) => deleteOne({ bucket, access, origin, services, bypass: input.bypass }, object)))).map((value) => ({ status: "fulfilled" as const, value }) as PromiseSettledResult<typeof value>);',
    red: { test: 'tests/faults/deletions-side-by-side.test.ts' },
  },
  {
    name: 'nobody hears of a disk that is full',
    file: 'src/s3/pipeline.ts',
    from: "  StorageFull: 'no space left',\n",
    to: '',
    red: { test: 'tests/faults/wire.test.ts' },
  },
  {
    name: 'two deliveries of an access log may take the same lines',
    file: 'src/services/access-logs/deliver-access-logs.ts',
    from: '  if (found.some((value) => value === undefined)) throw new TakenError();\n',
    to: '  void found;\n',
    red: { runs: 3000 },
  },
  {
    name: 'a part that another list still links to is deleted with its list',
    file: reclaim,
    from: '  if (!anyShared) return manifest.parts.map(',
    to: '  if (manifest) return manifest.parts.map(',
    red: { test: 'tests/operations/append-object.test.ts' },
  },
  {
    name: 'an append to a copied list of parts does not link the parts once more',
    file: 'src/services/objects/append-object.ts',
    from: '  else for (const part of list.before) await linkContent(tx, part.content);\n',
    to: '',
    red: { test: 'tests/operations/append-object.test.ts' },
  },
  {
    name: 'the old bytes of a moved content are deleted at once, whoever else links to them',
    file: 'src/services/lifecycle/place-contents.ts',
    from: '    if (moved) await unlinkContent(tx, found.version.content, context);\n',
    to: `    const old = found.version.content;
    if (moved && old.kind === 'blob') await context.blobs.delete(old.id);
    if (moved) await unlinkContent(tx, old, context);
`,
    red: { test: 'tests/lifecycle/place-contents.test.ts' },
  },
  {
    name: 'moved bytes are read with a key of their new name',
    file: 'src/services/content/move-content.ts',
    from: 'rest.isEncrypted ? (rest.encryptedAs ?? id) : undefined',
    to: 'rest.isEncrypted && rest.encryptedAs',
    red: { test: 'tests/lifecycle/place-contents.test.ts' },
  },
  {
    name: 'an encrypted content that ends too early opens',
    file: 'src/services/content/chunk-cipher.ts',
    from: '  nonce[11] = isLast ? 1 : 0;\n',
    to: '',
    red: { test: 'src/services/content/chunk-cipher.test.ts' },
  },
  {
    name: 'an upload of a replica that is there already ends as often as it is completed',
    file: 'src/services/uploads/complete-upload.ts',
    from: 'if (await findUpload(tx, request)) await endUpload(',
    to: 'await endUpload(',
    red: { test: 'tests/replication/known-uploads.test.ts' },
  },
  {
    name: 'the bypass of GOVERNANCE breaks COMPLIANCE, too',
    file: 'src/domain/object-lock.ts',
    from: "  if (lock === undefined || (lock === 'GOVERNANCE' && mayBypassGovernance)) return;\n",
    to: "  if (lock === undefined || (lock !== 'legal-hold' && mayBypassGovernance)) return;\n",
    red: { runs: 3000 },
  },
  {
    name: 'a retention is made shorter by whoever wants',
    file: 'src/domain/object-lock.ts',
    from: '  if (wanted?.mode === stored.mode && wanted.until >= stored.until) return;\n',
    to: '  if (wanted?.mode === stored.mode) return;\n',
    red: { runs: 3000 },
  },
  {
    name: 'a clock that is set back shortens the default retention',
    file: 'src/services/objects/default-retention.ts',
    from: '  const latest = Math.max(now, known?.latest ?? bucket.createdAt);\n',
    to: '  const latest = now;\n',
    red: { plan: 'tests/simulation/corpus/clock-goes-back-under-a-default-retention.json' },
  },
  {
    name: 'the default retention leaves out what is not stored inline',
    file: versions,
    from: '  if (bucket.objectLock?.defaultRetention === undefined) return marked;\n',
    to: "  if (bucket.objectLock?.defaultRetention === undefined || record.content.kind !== 'inline') return marked;\n",
    red: { runs: 3000 },
  },
  {
    name: 'an event that its target did not take is taken out of the queue',
    file: 'src/services/events/target-delivery.ts',
    from: '        else if (!(await this.#deliver(event))) break;\n',
    to: '        else await this.#deliver(event);\n',
    red: { runs: 3000 },
  },
  {
    name: 'events stand in the order of the clocks of those who made them',
    file: 'src/services/events/event-outbox.ts',
    from: '    for (const bytes of stored) if (bytes) sequence = Math.max(sequence, readSequence(bytes) + 1);\n',
    to: '    void stored;\n',
    red: { runs: 3000 },
  },
  {
    name: 'an event is written in a commit of its own, behind that of the change',
    file: 'src/services/events/event-outbox.ts',
    from: '          return writeEvent(tx, { event: describe(change, type), bucket, destinations, isHeard }, context);\n',
    to: `          const event = { event: describe(change, type), bucket, destinations, isHeard };
          void context.metadata.transact(async (own) => writeEvent(own, event, context)).catch(() => undefined);
`,
    red: { runs: 1000 },
  },
  {
    name: 'a list of objects forgets the files before its last one',
    file: 'src/services/inventory/inventory-service.ts',
    from: '        files: hasFile ? [...run.files, file] : run.files,\n',
    to: '        files: hasFile ? [file] : run.files,\n',
    red: { runs: 3000 },
  },
  {
    name: 'the next file of a list of objects leaves out the rest of the key before it',
    file: 'src/services/inventory/inventory-walk.ts',
    from: "    return mark === undefined ? { kind: 'past-key', key } : { kind: 'past-mark', key, mark };\n",
    to: "    return { kind: 'past-key', key };\n",
    red: { runs: 3000 },
  },
  {
    name: 'how a list of objects stands is written down although its bucket is gone',
    file: 'src/services/inventory/inventory-service.ts',
    from: "  if (record?.id !== id) throw new InventoryProblem('the bucket is gone');\n",
    to: '  void [record, id];\n',
    red: { plan: 'tests/simulation/corpus/bucket-goes-while-it-is-listed.json' },
  },
  {
    name: 'events of a bucket that was made again overtake those of the one before it',
    file: 'src/services/events/event-outbox.ts',
    from: '  const lane = laneOf(bucket.name, event.key);\n',
    to: '  const lane = laneOf(bucket.id, event.key);\n',
    red: { plan: 'tests/simulation/corpus/bucket-is-made-again-while-it-is-told.json' },
  },
  {
    name: 'what a body of the lmdb engine has read before its turn counts, whatever came in between',
    file: 'src/engines/metadata/lmdb/early-transaction.ts',
    from: '!counters.isStill(key, value)) return false;',
    to: '!counters.isStill(key, value)) continue;',
    red: { test: 'src/engines/metadata/lmdb/early-runs.test.ts' },
  },
  {
    name: 'room ahead in the metadata file is made where LMDB has never written',
    file: 'src/engines/metadata/lmdb/room-ahead.ts',
    from: 'return this.#writeZeros(size, ',
    to: 'return this.#writeZeros(used, ',
    red: { test: 'src/engines/metadata/lmdb/room-ahead.test.ts' },
  },
];
