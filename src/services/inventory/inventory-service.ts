import { StorageError } from '../../domain/errors.ts';
import { type InventoryConfiguration, isInventoryDue } from '../../domain/inventory/inventory-configuration.ts';
import {
  type InventoryFile,
  type InventoryRun,
  inventoryColumns,
  inventoryKeys,
  inventoryLine,
  inventoryManifest,
  inventorySymlink,
} from '../../domain/inventory/inventory-layout.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type QueryEngine, QueryFailure } from '../../engines/query/query-engine.ts';
import { type ByteSource, sourceOf } from '../../foundation/bytes.ts';
import { digestOf } from '../../foundation/digests.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { type InventoryRecord, inventoryRecordType } from '../../records/inventory-record.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { BucketPolicies } from '../authorization/bucket-policies.ts';
import { mayDeliverInventory } from '../authorization/inventory-access.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { Storing } from '../content/storing.ts';
import { storingByDefault } from '../content/storing-by-default.ts';
import { encryptionOf } from '../encryption/encryption-of.ts';
import type { ObjectService } from '../objects/object-service.ts';
import type { ServiceContext } from '../service-context.ts';
import { inventoryKey } from './forget-inventory.ts';
import { gzipSource } from './gzip-source.ts';
import { freshInventory } from './inventory-requests.ts';
import { type InventoryRow, rowWriter } from './inventory-rows.ts';
import { InventoryWalk } from './inventory-walk.ts';

export interface InventoryServices {
  readonly buckets: BucketService;
  readonly settings: BucketSettings;
  readonly policies: BucketPolicies;
  readonly objects: ObjectService;
  readonly queries: QueryEngine;
}

export interface InventoryPace {
  /** How long a day is, in milliseconds: shorter for tests. */
  readonly dayMilliseconds: number;
  /** Rows of one file. */
  readonly rowsPerFile: number;
  readonly signal: AbortSignal;
  progress(words: string): void;
  count(name: string, amount?: number): void;
}

/** A configuration in its bucket, and how its lists stand. */
interface Place {
  readonly bucket: BucketRecord;
  readonly configuration: InventoryConfiguration;
  readonly settingToken: string;
  readonly record: InventoryRecord;
}

const bucketsAtOnce = 500;

/** Makes the lists that buckets are configured to make. */
export class InventoryService {
  readonly #context: ServiceContext;
  readonly #services: InventoryServices;

  constructor(context: ServiceContext, services: InventoryServices) {
    this.#context = context;
    this.#services = services;
  }

  /** Goes through all buckets once and makes every list that is due, from where it was left. Answers how many. */
  async makeDue(pace: InventoryPace): Promise<number> {
    let made = 0;
    for await (const bucket of this.#configured()) {
      // With its own token: the bucket's record may tell an older one, of which a list is unfinished.
      const key = keyspace.bucketSetting(bucket.id, inventorySetting.name);
      const setting = await readRecord(this.#context.metadata, inventorySetting.type, key);
      for (const configuration of setting?.value ?? []) {
        if (pace.signal.aborted) return made;
        if (await this.#makeIfDue({ bucket, configuration, settingToken: setting!.token }, pace)) made++;
      }
    }
    return made;
  }

  async *#configured(): AsyncGenerator<BucketRecord, void> {
    let after: string | undefined;
    for (;;) {
      const entries = await this.#context.metadata.range(spans.buckets(after, bucketsAtOnce));
      for (const { value } of entries) {
        const bucket = bucketRecordType.decode(value);
        after = bucket.name;
        if (inventorySetting.name in bucket.settings) yield bucket;
      }
      if (entries.length < bucketsAtOnce) return;
    }
  }

  async #makeIfDue(due: Omit<Place, 'record'>, pace: InventoryPace): Promise<boolean> {
    const { metadata, logger } = this.#context;
    const { bucket, configuration } = due;
    const stored = await readRecord(metadata, inventoryRecordType, inventoryKey(bucket.id, configuration.id));
    if (this.#begun(due, stored, pace) === undefined) return false;
    let record: InventoryRecord | undefined;
    try {
      record = await this.#begin(due, pace);
      return record !== undefined && (await this.#make({ ...due, record }, pace));
    } catch (error) {
      if (!(error instanceof InventoryProblem) && !(error instanceof StorageError)) throw error;
      logger.warn({ bucket: bucket.name, inventory: configuration.id }, `inventory: ${error.message}`);
      pace.count('refused');
      if (record && !(error instanceof MadeElsewhere)) await this.#giveUp({ ...due, record }, error.message);
      return false;
    }
  }

  /** How the lists stand once one is begun, or gone on with; undefined where none is due. */
  #begun(
    { configuration, settingToken }: Omit<Place, 'record'>,
    stored: InventoryRecord | undefined,
    { dayMilliseconds }: Pick<InventoryPace, 'dayMilliseconds'>,
  ): InventoryRecord | undefined {
    const record = stored ?? freshInventory(configuration.id);
    if (record.run?.settingToken === settingToken) return record;
    const now = this.#context.clock.now();
    const isCutOff = record.run !== undefined && configuration.isEnabled;
    if (!isCutOff && !isInventoryDue(configuration, { ...record, now, dayMilliseconds })) return undefined;
    const run = { startedAt: now, settingToken, after: undefined, isWalked: false, rows: 0, files: [] };
    return { ...record, requestedAt: undefined, lastStartedAt: now, problem: undefined, run };
  }

  /**
   * Whoever asked before this is committed is answered by the list that it begins, whoever asks later by the next one:
   * so what is stored is read again here.
   */
  async #begin(due: Omit<Place, 'record'>, pace: InventoryPace): Promise<InventoryRecord | undefined> {
    const { bucket, configuration } = due;
    const key = inventoryKey(bucket.id, configuration.id);
    return this.#context.metadata.transact(async (tx) => {
      await requireBucket(tx, bucket);
      const stored = await readRecord(tx, inventoryRecordType, key);
      const record = this.#begun(due, stored, pace);
      if (record && record !== stored) writeRecord(tx, { type: inventoryRecordType, key }, record);
      return record;
    });
  }

  /** There is no such list, for a reason that is kept. */
  async #giveUp({ bucket, configuration, record }: Place, problem: string): Promise<void> {
    const key = inventoryKey(bucket.id, configuration.id);
    await this.#context.metadata.transact(async (tx) => {
      const stored = await readRecord(tx, inventoryRecordType, key);
      // Gone with its bucket or its configuration, or given up or finished by another process.
      if (stored?.run === undefined || stored.run.startedAt !== record.run!.startedAt) return;
      writeRecord(tx, { type: inventoryRecordType, key }, { ...stored, run: undefined, problem });
    });
  }

  async #make(place: Place, pace: InventoryPace): Promise<boolean> {
    let { record } = place;
    const { bucket, configuration } = place;
    while (!record.run!.isWalked) {
      if (pace.signal.aborted) return false;
      record = await this.#makeFile({ ...place, record }, pace);
      pace.progress(`bucket ${bucket.name}, list ${configuration.id}: ${record.run!.rows} rows`);
    }
    await this.#finish({ ...place, record });
    pace.count('lists');
    pace.count('rows', record.run!.rows);
    return true;
  }

  /** One file of the list, committed with how far the list has come. */
  async #makeFile(place: Place, pace: InventoryPace): Promise<InventoryRecord> {
    const { bucket, configuration, record } = place;
    const run = record.run!;
    const walk = new InventoryWalk(this.#context, {
      bucket,
      configuration,
      after: run.after,
      limit: pace.rowsPerFile,
      signal: pace.signal,
    });
    const writer = await rowWriter(this.#context, this.#services.settings, { bucket, configuration });
    const key = inventoryKeys(runOf(place)).data(this.#context.random.bytes(16).toString('hex'));
    const { destination, storing } = await this.#destination(place, key);
    const staged = await this.#services.objects.stage(this.#fileOf(configuration, rowsOf(walk, writer)), [], storing);
    // What was begun and cut off has not come to its end.
    if (pace.signal.aborted && !walk.isComplete) {
      await staged.discard();
      return record;
    }
    const rows = run.rows + walk.rows;
    const hasFile = walk.rows > 0;
    const file: InventoryFile = { key, size: staged.size, md5: staged.md5 };
    const after: InventoryRecord = {
      ...record,
      run: {
        ...run,
        rows,
        after: walk.position,
        isWalked: walk.isAtEnd,
        files: hasFile ? [...run.files, file] : run.files,
      },
    };
    if (!hasFile) {
      await staged.discard();
      await this.#context.metadata.transact((tx) => this.#replace(tx, bucket, { before: record, after }));
      return after;
    }
    await this.#services.objects.commit(staged, {
      ...deliveryOf(
        destination,
        key,
        configuration.destination.format === 'CSV' ? 'application/x-gzip' : 'binary/octet-stream',
      ),
      alongside: async (tx) => this.#replace(tx, bucket, { before: record, after }),
    });
    return after;
  }

  #fileOf(configuration: InventoryConfiguration, rows: AsyncIterable<InventoryRow>): ByteSource {
    if (configuration.destination.format === 'CSV') return gzipSource(linesOf(rows));
    const missing = this.#services.queries.missing();
    if (missing !== undefined) throw new InventoryProblem(missing);
    const columns = inventoryColumns(configuration).map(({ parquetName: name, type }) => ({ name, type }));
    const { queries } = this.#services;
    return {
      length: undefined,
      async pour(sink) {
        const writing = queries.writeParquet({ columns }, rows);
        try {
          await writing.answer(sink).catch((error: unknown) => {
            throw error instanceof QueryFailure ? new InventoryProblem(error.message) : error;
          });
        } finally {
          await writing.stop();
        }
      },
      collect: () => Promise.reject(new Error('Parquet files are poured')),
    };
  }

  /** The manifest comes last but for its checksum: whoever sees it finds all files. */
  async #finish(place: Place): Promise<void> {
    const { bucket, record } = place;
    const run = runOf(place);
    const keys = inventoryKeys(run);
    const { files } = record.run!;
    const manifest = Buffer.from(inventoryManifest(run, files));
    const checksum = Buffer.from(digestOf('MD5', manifest).toString('hex'));
    await this.#deliver(place, {
      key: keys.symlink,
      bytes: Buffer.from(inventorySymlink(run, files)),
      type: 'text/plain',
    });
    await this.#deliver(place, { key: keys.manifest, bytes: manifest, type: 'application/json' });
    const after: InventoryRecord = { ...record, run: undefined, lastFinishedAt: this.#context.clock.now() };
    await this.#deliver(place, { key: keys.checksum, bytes: checksum, type: 'text/plain' }, async (tx) =>
      this.#replace(tx, bucket, { before: record, after }),
    );
  }

  async #deliver(
    place: Place,
    { key, bytes, type }: { key: string; bytes: Buffer; type: string },
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    const { destination, storing } = await this.#destination(place, key);
    const staged = await this.#services.objects.stage(sourceOf(bytes), [], storing);
    await this.#services.objects.commit(staged, {
      ...deliveryOf(destination, key, type),
      ...(alongside && { alongside }),
    });
  }

  /** Asked for every file anew. Throws InventoryProblem where the destination is not there, or takes nothing. */
  async #destination(
    { bucket, configuration }: Place,
    key: string,
  ): Promise<{ destination: BucketRecord; storing: Storing | undefined }> {
    const { destination: wanted } = configuration;
    const destination = await this.#services.buckets.find(wanted.bucket);
    if (!destination) throw new InventoryProblem('the destination bucket is not there');
    const owner = wanted.accountId ?? wanted.ownerAccountId;
    if (owner !== undefined && owner !== destination.ownerAccountId) {
      throw new InventoryProblem('the destination bucket belongs to another account than was said, or than it did');
    }
    if (Buffer.byteLength(key) > 1024) throw new InventoryProblem('the key would be too long');
    const source = { accountId: bucket.ownerAccountId, bucket: bucket.name };
    const now = this.#context.clock.now();
    if (!(await mayDeliverInventory({ destination, key, source, now }, this.#services.policies))) {
      throw new InventoryProblem('the policy of the destination bucket does not let s3.amazonaws.com write');
    }
    return { destination, storing: await this.#storingIn(destination, wanted.encryption) };
  }

  async #storingIn(
    destination: BucketRecord,
    encryption: InventoryConfiguration['destination']['encryption'],
  ): Promise<Storing | undefined> {
    if (!encryption) return storingByDefault(this.#context, destination, {});
    const account = destination.ownerAccountId;
    const place = { bucketId: destination.id, user: { accountId: account } };
    const chosen =
      encryption.kind === 'SSE-S3'
        ? encryption
        : { kind: 'SSE-KMS' as const, key: encryption.key, account, context: undefined, bucketKeyEnabled: false };
    return { key: await encryptionOf(this.#context).seal(chosen, place) };
  }

  /** Of two processes that make the same list, one goes on. A request that came meanwhile stays. */
  async #replace(
    tx: Transaction,
    bucket: BucketRecord,
    { before, after }: { before: InventoryRecord; after: InventoryRecord },
  ): Promise<void> {
    await requireBucket(tx, bucket);
    const key = inventoryKey(bucket.id, before.configurationId);
    const stored = await readRecord(tx, inventoryRecordType, key);
    if (stored?.run?.startedAt !== before.run?.startedAt || stored?.run?.rows !== before.run?.rows) {
      throw new MadeElsewhere('another process makes the same list');
    }
    writeRecord(tx, { type: inventoryRecordType, key }, { ...after, requestedAt: stored?.requestedAt });
  }
}

/** Why a list cannot be made, in words for whoever configured it. */
class InventoryProblem extends Error {}

/** Another process has come further with the list: it is that one's to tell how it ends. */
class MadeElsewhere extends InventoryProblem {}

/** What is known of a bucket's lists goes with it: nothing is written behind its deletion. Throws InventoryProblem. */
async function requireBucket(tx: Transaction, { id, name }: BucketRecord): Promise<void> {
  const record = await readRecord(tx, bucketRecordType, keyspace.bucket(name));
  if (record?.id !== id) throw new InventoryProblem('the bucket is gone');
}

function runOf({ bucket, configuration, record }: Place): InventoryRun {
  return { sourceBucket: bucket.name, startedAt: record.run!.startedAt, configuration };
}

/** Whatever is delivered belongs to the owner of the bucket that it is delivered to. */
function deliveryOf(destination: BucketRecord, key: string, contentType: string) {
  return {
    bucket: destination,
    key,
    ownerAccountId: destination.ownerAccountId,
    description: { headers: { contentType }, userMetadata: [], storageClass: 'STANDARD', tags: [] },
    conditions: {},
    checksum: undefined,
  } as const;
}

async function* rowsOf(
  walk: InventoryWalk,
  writer: Awaited<ReturnType<typeof rowWriter>>,
): AsyncGenerator<InventoryRow, void> {
  for await (const listed of walk.versions()) yield writer.row(listed);
}

const linesAtOnce = 500;

async function* linesOf(rows: AsyncIterable<InventoryRow>): AsyncGenerator<string, void> {
  let lines: string[] = [];
  for await (const row of rows) {
    lines.push(inventoryLine(row));
    if (lines.length < linesAtOnce) continue;
    yield lines.join('');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('');
}
