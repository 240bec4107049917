import type { Sink } from '../../../foundation/bytes.ts';
import { crc32c } from '../../../foundation/crc32c.ts';
import { BlobCorruptError, type BlobReader, type ByteRange, requireRangeWithin } from '../blob-engine.ts';
import { blockLength, faultOfFooter, footerLength, tableLengthOf } from './blob-file-layout.ts';
import { type BufferPool, largeBuffer } from './buffer-pool.ts';
import { type DirectIo, directAlignment } from './direct-io.ts';
import type { Descriptor, FileSystem } from './file-system.ts';

/** How much of the table a reader keeps: enough for 64 MiB of data. */
const tableWindow = 4096;

/** What a reader needs of its engine. */
export interface ReaderSurroundings {
  readonly id: string;
  readonly path: string;
  readonly file: Descriptor;
  /** Of the data, as the size of the file tells; the footer has to confirm it before anything is handed out. */
  readonly length: number;
  readonly system: FileSystem;
  readonly pool: BufferPool;
  /** For large parts of blobs that are seldom read; undefined where all goes through the page cache. */
  readonly direct: DirectIo | undefined;
}

/** Whole blocks of a blob in a buffer of the pool. */
interface Chunk {
  readonly buffer: Buffer;
  /** Where the first block begins in the data. */
  readonly start: number;
  /** Of the data in the buffer. */
  readonly length: number;
}

/** Part of the table, beginning with the checksum of block `firstBlock`. */
interface TableWindow {
  readonly firstBlock: number;
  readonly bytes: Buffer;
}

export class FileBlobReader implements BlobReader {
  readonly length: number;
  readonly #surroundings: ReaderSurroundings;
  /** The part of the table last read; there is one once the footer was found to be right. */
  #table: TableWindow | undefined;
  /** The same file, opened past the page cache where that pays. */
  #directFile: Descriptor | undefined;
  #openingDirect: Promise<void> | undefined;
  #pouring = 0;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(surroundings: ReaderSurroundings) {
    this.length = surroundings.length;
    this.#surroundings = surroundings;
  }

  async pour(range: ByteRange, sink: Sink): Promise<void> {
    requireRangeWithin(this.length, range);
    this.#requireOpen();
    this.#pouring++;
    try {
      if (this.#fileLength <= largeBuffer) await this.#pourSmall(range, sink);
      else await this.#pourLarge(range, sink);
    } finally {
      this.#pouring--;
      if (this.#closing && this.#pouring === 0) this.#finishClosing(this.#closing);
    }
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = Promise.withResolvers();
      if (this.#pouring === 0) this.#finishClosing(this.#closing);
    }
    return this.#closing.promise;
  }

  get #fileLength(): number {
    return this.length + tableLengthOf(this.length) + footerLength;
  }

  /** Data, table and footer come with one read where a large buffer is free. */
  async #pourSmall(range: ByteRange, sink: Sink): Promise<void> {
    const { pool } = this.#surroundings;
    const buffer = pool.take(this.#fileLength);
    try {
      if (buffer.length >= this.#fileLength) {
        await this.#readAt(buffer, 0, this.#fileLength);
        const tableEnd = this.#fileLength - footerLength;
        const table = buffer.subarray(this.length, tableEnd);
        this.#confirm(buffer.subarray(tableEnd, this.#fileLength), crc32c(table));
        const chunk = { buffer, start: 0, length: this.length };
        this.#verify(chunk, { firstBlock: 0, bytes: table }, range);
        await handOut(chunk, range, sink);
        return;
      }
    } finally {
      pool.giveBack(buffer);
    }
    await this.#pourLarge(range, sink);
  }

  /** Reads on while the sink has what was read before, as long as the pool has buffers for it. */
  async #pourLarge(range: ByteRange, sink: Sink): Promise<void> {
    const { pool, direct } = this.#surroundings;
    if (direct && range.length >= largeBuffer) {
      this.#openingDirect ??= this.#openDirect(direct);
      await this.#openingDirect;
    }
    if (!this.#table) await this.#confirmFooter(Math.floor(range.offset / blockLength));
    const end = range.offset + range.length;
    let at = range.offset - (range.offset % blockLength);
    let reading = at < end ? this.#startReading(at, end) : undefined;
    try {
      while (reading) {
        const chunk = await reading;
        at = chunk.start + chunk.length;
        reading = at < end && pool.allowsReadingAhead ? this.#startReading(at, end) : undefined;
        try {
          this.#verify(chunk, await this.#tableFor(chunk), range);
          await handOut(chunk, range, sink);
        } finally {
          pool.giveBack(chunk.buffer);
        }
        this.#requireOpen();
        if (at < end) reading ??= this.#startReading(at, end);
      }
    } finally {
      // The system may still be filling the buffer.
      await reading?.then(
        ({ buffer }) => pool.giveBack(buffer),
        () => undefined,
      );
    }
  }

  async #openDirect(direct: DirectIo): Promise<void> {
    const { id, path } = this.#surroundings;
    if (direct.isSeldomRead(id)) this.#directFile = await direct.open(path, 'read');
  }

  /** Reads whole blocks from `start` on, until `end` is among them or the buffer is full. */
  #startReading(start: number, end: number): Promise<Chunk> {
    const { pool } = this.#surroundings;
    const blocksEnd = Math.min(this.length, Math.ceil(end / blockLength) * blockLength);
    const buffer = pool.take(blocksEnd - start);
    const length = Math.min(buffer.length, blocksEnd - start);
    const reading = this.#readAt(buffer, start, length).then(
      () => ({ buffer, start, length }),
      (error: unknown) => {
        pool.giveBack(buffer);
        throw error;
      },
    );
    // It may fail while the sink is still busy, before anybody waits for it.
    reading.catch(() => undefined);
    return reading;
  }

  /** Throws unless the blocks that the range touches are as they were written. */
  #verify({ buffer, start, length }: Chunk, table: TableWindow, range: ByteRange): void {
    const from = Math.max(range.offset - start, 0);
    const to = Math.min(range.offset + range.length - start, length);
    for (let at = from - (from % blockLength); at < to; at += blockLength) {
      const block = buffer.subarray(at, Math.min(at + blockLength, length));
      const stored = table.bytes.readUInt32LE(((start + at) / blockLength - table.firstBlock) * 4);
      if (crc32c(block) !== stored) throw this.#corrupt('a block is damaged');
    }
  }

  /** The part of the table with the checksums of a chunk. Several pours may take turns with it, so each keeps its own. */
  async #tableFor({ start, length }: Chunk): Promise<TableWindow> {
    const first = start / blockLength;
    const table = this.#table;
    if (table && first >= table.firstBlock) {
      if (Math.ceil((start + length) / blockLength) <= table.firstBlock + table.bytes.length / 4) return table;
    }
    return this.#loadTable(first);
  }

  /** Reads table and footer from end to end, and keeps the part of the table that begins with `firstBlock`. */
  async #confirmFooter(firstBlock: number): Promise<void> {
    const { pool } = this.#surroundings;
    const tableLength = tableLengthOf(this.length);
    const buffer = pool.take(tableLength + footerLength);
    try {
      let checksum = 0;
      for (let at = 0; at < tableLength; at += buffer.length) {
        const part = await this.#readAt(buffer, this.length + at, Math.min(buffer.length, tableLength - at));
        checksum = crc32c(part, checksum);
      }
      this.#confirm(await this.#readAt(buffer, this.length + tableLength, footerLength), checksum);
    } finally {
      pool.giveBack(buffer);
    }
    await this.#loadTable(firstBlock);
  }

  #confirm(footer: Buffer, tableChecksum: number): void {
    const fault = faultOfFooter(footer, this.length, tableChecksum);
    if (fault) throw this.#corrupt(fault);
  }

  /** A part that is wrong only now matches no block: it can hide bytes but not let wrong ones through. */
  async #loadTable(firstBlock: number): Promise<TableWindow> {
    const from = firstBlock * 4;
    const bytes = Buffer.allocUnsafe(Math.min(tableWindow, tableLengthOf(this.length) - from));
    await this.#readAt(bytes, this.length + from, bytes.length);
    this.#table = { firstBlock, bytes };
    return this.#table;
  }

  /** Fills at least the first `length` bytes of the buffer, however few the system gives at a time. */
  async #readAt(buffer: Buffer, position: number, length: number): Promise<Buffer> {
    const { system, file } = this.#surroundings;
    let filled = buffer.length === largeBuffer ? await this.#readDirect(buffer, position, length) : 0;
    while (filled < length) {
      const read = await system.read(file, buffer.subarray(filled, length), position + filled);
      if (read === 0) throw this.#corrupt('it ends too early');
      filled += read;
    }
    return buffer.subarray(0, length);
  }

  /** How many bytes were read past the page cache: none where that is not possible. */
  async #readDirect(buffer: Buffer, position: number, length: number): Promise<number> {
    const { system, direct } = this.#surroundings;
    if (this.#directFile === undefined || position % directAlignment !== 0) return 0;
    const aligned = Math.ceil(length / directAlignment) * directAlignment;
    try {
      return await system.read(this.#directFile, buffer.subarray(0, aligned), position);
    } catch (error) {
      if (direct?.noteFailure(error)) return 0;
      throw error;
    }
  }

  #corrupt(reason: string): BlobCorruptError {
    return new BlobCorruptError(this.#surroundings.id, reason);
  }

  #requireOpen(): void {
    if (this.#closing) throw new Error(`blob ${this.#surroundings.id} was closed`);
  }

  #finishClosing(closing: PromiseWithResolvers<void>): void {
    const { system, file } = this.#surroundings;
    const open = this.#directFile === undefined ? [file] : [file, this.#directFile];
    // Nothing was written through these descriptors, so nothing is lost when closing one fails.
    void Promise.allSettled(open.map((descriptor) => system.close(descriptor))).then(() => closing.resolve());
  }
}

/** Gives the sink what of the chunk is in the range. */
async function handOut({ buffer, start, length }: Chunk, range: ByteRange, sink: Sink): Promise<void> {
  const from = Math.max(range.offset - start, 0);
  const to = Math.min(range.offset + range.length - start, length);
  if (from < to) await sink(buffer.subarray(from, to));
}
