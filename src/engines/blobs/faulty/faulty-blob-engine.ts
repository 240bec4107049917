import type { Sink } from '../../../foundation/bytes.ts';
import { type FaultKind, type FaultPlan, InjectedFault } from '../../fault-plan.ts';
import {
  BlobCorruptError,
  type BlobEngine,
  type BlobReader,
  BlobSpaceError,
  type BlobWriter,
  type ByteRange,
  type StoredBlob,
} from '../blob-engine.ts';

/** The engine `inner`, failing as planned. */
export function faultyBlobEngine(inner: BlobEngine, plan: FaultPlan): BlobEngine {
  return {
    async create(id) {
      const kind = plan.meet('blobs.create', 'before', 'after', 'full');
      failEarly('blobs.create', kind);
      const writer = await inner.create(id);
      // What was made stays, as a file does whose creator has died.
      if (kind) throw new InjectedFault('blobs.create', kind);
      return faultyWriter(writer, plan);
    },
    async open(id) {
      failEarly('blobs.open', plan.meet('blobs.open', 'before'));
      return faultyReader(id, await inner.open(id), plan);
    },
    async delete(id) {
      const kind = plan.meet('blobs.delete', 'before', 'after');
      failEarly('blobs.delete', kind);
      await inner.delete(id);
      if (kind) throw new InjectedFault('blobs.delete', kind);
    },
    scan: () => faultyScan(inner, plan),
    close: () => inner.close(),
  };
}

function faultyWriter(inner: BlobWriter, plan: FaultPlan): BlobWriter {
  return {
    id: inner.id,
    write(piece) {
      try {
        failEarly('blobs.write', plan.meet('blobs.write', 'before', 'full'));
      } catch (error) {
        return Promise.reject(error);
      }
      return inner.write(piece);
    },
    async commit() {
      const kind = plan.meet('blobs.commit', 'before', 'after', 'full');
      try {
        failEarly('blobs.commit', kind);
      } catch (error) {
        await inner.abort();
        throw error;
      }
      const result = await inner.commit();
      if (kind) throw new InjectedFault('blobs.commit', kind);
      return result;
    },
    async abort() {
      // Never rejects: what was written stays, for `scan` to find.
      if (!plan.meet('blobs.abort', 'before')) await inner.abort();
    },
  };
}

function faultyReader(id: string, inner: BlobReader, plan: FaultPlan): BlobReader {
  return {
    length: inner.length,
    async pour(range, sink) {
      const kind = plan.meet('blobs.pour', 'before', 'cut', 'flip');
      failEarly('blobs.pour', kind);
      if (!kind) return inner.pour(range, sink);
      await pourHalf(inner, range, sink);
      if (kind === 'flip') throw new BlobCorruptError(id, 'a block is damaged, as planned');
      throw new InjectedFault('blobs.pour', kind);
    },
    close: () => inner.close(),
  };
}

function pourHalf(inner: BlobReader, { offset, length }: ByteRange, sink: Sink): Promise<void> {
  return inner.pour({ offset, length: length >> 1 }, sink);
}

async function* faultyScan(inner: BlobEngine, plan: FaultPlan): AsyncIterable<StoredBlob> {
  const kind = plan.meet('blobs.scan', 'before', 'cut');
  failEarly('blobs.scan', kind);
  for await (const blob of inner.scan()) {
    yield blob;
    if (kind) throw new InjectedFault('blobs.scan', kind);
  }
}

/** Throws where the effect is not to happen at all. */
function failEarly(call: InjectedFault['call'], kind: FaultKind | undefined): void {
  if (kind === 'before') throw new InjectedFault(call, kind);
  if (kind === 'full') throw new BlobSpaceError(new InjectedFault(call, kind));
}
