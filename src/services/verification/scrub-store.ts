import { readCounters } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import { nameContents } from './name-contents.ts';
import { pacedEngines } from './paced-engines.ts';
import { entriesOf, type StoreEngines } from './table-scan.ts';
import { verifyStore } from './verify-store.ts';
import { type Violation, violation } from './violation.ts';

export interface ScrubOptions {
  readonly clock: Clock;
  /** Reads every stored byte; without it only records are held against each other. */
  readonly bytes: boolean;
  readonly bytesPerSecond?: number | undefined;
  /** Told often; `expected` is what the usage counters say there is to read. */
  onProgress?(progress: { readonly bytesRead: number; readonly bytesExpected: number }): void;
  /** Told of each violation as soon as it is sure. */
  onViolation?(violation: Violation): void;
}

export interface ScrubReport {
  readonly bytesRead: number;
  readonly versions: number;
  readonly milliseconds: number;
  readonly violations: number;
  /** What seemed wrong and was right when it was looked at again: a server was writing meanwhile. */
  readonly passing: number;
}

/** Content never changes once it is stored: wrong bytes need no second look, as a change meanwhile may. */
const isSure = ({ kind }: Violation) => kind === 'bytes';
/** Damaged bytes that were found in the records themselves, by their content and not by who is made of it. */
const inlineContent = /^inline content ([0-9a-f]{32})$/;
/** More are counted, and not remembered: a store with that many is damaged for certain. */
const mostDoubts = 10_000;

/** Counters of a busy bucket may seem wrong by the same small number twice, hardly four times. */
const furtherLooks = 3;

/**
 * Verifies a store that may be in use: what could come from a change meanwhile is looked at again and told only if it
 * stays the same.
 */
export async function scrubStore(engines: StoreEngines, options: ScrubOptions): Promise<ScrubReport> {
  const { clock, bytes, bytesPerSecond, onProgress, onViolation } = options;
  const startedAt = clock.now();
  const expected = await countStored(engines);
  let bytesRead = 0;
  let violations = 0;
  const tell = (sure: Violation): void => {
    violations++;
    onViolation?.(sure);
  };
  const onBytes = (total: number): void => {
    bytesRead = total;
    onProgress?.({ bytesRead, bytesExpected: expected.bytes });
  };
  const doubts = new Set<string>();
  const unnamed = new Map<string, Violation>();
  const paced = bytes ? pacedEngines(engines, { clock, bytesPerSecond, onBytes }) : engines;
  for await (const seen of verifyStore(paced, { bytes })) {
    const inlineId = seen.kind === 'bytes' ? inlineContent.exec(seen.where)?.[1] : undefined;
    if (inlineId !== undefined) unnamed.set(inlineId, seen);
    else if (isSure(seen) || doubts.size >= mostDoubts) tell(seen);
    else doubts.add(seen.message);
  }
  for await (const damaged of nameDamaged(engines, unnamed)) tell(damaged);
  const confirmed = await confirmDoubts(engines, doubts);
  for (const sure of confirmed) tell(sure);
  const milliseconds = clock.now() - startedAt;
  return { bytesRead, versions: expected.versions, milliseconds, violations, passing: doubts.size - confirmed.length };
}

/** What is still said of the store, in the same words, at every further look. */
async function confirmDoubts(engines: StoreEngines, doubts: ReadonlySet<string>): Promise<readonly Violation[]> {
  let standing = new Map<string, Violation>();
  let expected = doubts;
  for (let look = 0; look < furtherLooks && expected.size > 0; look++) {
    standing = new Map();
    for await (const again of verifyStore(engines)) {
      if (expected.has(again.message)) standing.set(again.message, again);
    }
    expected = new Set(standing.keys());
  }
  return [...standing.values()];
}

/** The same violations by the objects that are concerned, as far as there are any. */
async function* nameDamaged(
  { metadata }: StoreEngines,
  unnamed: ReadonlyMap<string, Violation>,
): AsyncGenerator<Violation, void> {
  if (unnamed.size === 0) return;
  const nameless = new Map(unnamed);
  for await (const { id, where } of nameContents(metadata, new Set(unnamed.keys()))) {
    const { kind, expected, found } = unnamed.get(id)!;
    nameless.delete(id);
    yield violation(kind, where, { expected, found });
  }
  yield* nameless.values();
}

/** By the usage counters: versions and the parts of open uploads. */
async function countStored({ metadata }: StoreEngines): Promise<{ bytes: number; versions: number }> {
  const stored = { bytes: 0, versions: 0 };
  for await (const { value } of entriesOf(metadata, 'usage')) {
    const [, versions = 0, bytes = 0, , uploadBytes = 0] = readCounters(value, 5);
    stored.versions += versions;
    stored.bytes += bytes + uploadBytes;
  }
  return stored;
}
