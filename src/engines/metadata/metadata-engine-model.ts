import fc from 'fast-check';
import type { Span } from './metadata-engine.ts';

/**
 * What the contract suite holds an engine against: a Map from key to value, both as Latin-1 text, so that the order of
 * texts is that of bytes. Shares no code with any engine.
 */
export type Model = Map<string, string>;

export type ModelWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'add'; readonly key: string; readonly deltas: readonly number[] };

type ModelStep =
  | ModelWrite
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'read'; readonly span: Span };

export type ModelCommand =
  | { readonly kind: 'read'; readonly span: Span }
  | { readonly kind: 'transact'; readonly steps: readonly ModelStep[]; readonly refused: boolean };

export function applyToModel(model: Model, write: ModelWrite): void {
  if (write.kind === 'put') model.set(write.key, write.value);
  else if (write.kind === 'delete') model.delete(write.key);
  else {
    const sums = countersOf(model.get(write.key) ?? '');
    write.deltas.forEach((delta, i) => {
      sums[i] = (sums[i] ?? 0) + delta;
    });
    while (sums.at(-1) === 0) sums.pop();
    if (sums.length === 0) model.delete(write.key);
    else model.set(write.key, textOfCounters(sums));
  }
}

/** The entries of the span as `key=value`. */
export function readModel(model: Model, { from, to, reverse, limit }: Span): string[] {
  const [first, end] = [from.toString('latin1'), to.toString('latin1')];
  const keys = [...model.keys()].filter((key) => key >= first && key < end).sort();
  if (reverse) keys.reverse();
  return keys.slice(0, limit).map((key) => `${key}=${model.get(key)}`);
}

const countersOf = (value: string): number[] => {
  const view = Uint8Array.from(value, (unit) => unit.charCodeAt(0));
  return Array.from(new BigInt64Array(view.buffer), Number);
};

const textOfCounters = (sums: readonly number[]): string =>
  String.fromCharCode(...new Uint8Array(BigInt64Array.from(sums, BigInt).buffer));

/** Few keys, so that commands meet; some are prefixes of others, and the ends of the byte range are among them. */
const key = fc.constantFrom('\x00', 'a', 'a\x00', 'a/b', 'ab', 'b', '\x80', '\xff', '\xff\xff');
const counterKey = fc.constantFrom('#1', '#2', 'a#');
const bound = fc
  .oneof(key, counterKey, fc.constantFrom('', 'a/', 'c', '\xff\xff\xff'))
  .map((text) => Buffer.from(text, 'latin1'));
const span = fc.record({ from: bound, to: bound, reverse: fc.boolean(), limit: fc.integer({ min: 0, max: 12 }) });
const step: fc.Arbitrary<ModelStep> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value: fc.constantFrom('', '1', 'two', 'x'.repeat(5000)) }),
  fc.record({ kind: fc.constant('delete' as const), key: fc.oneof(key, counterKey) }),
  fc.record({
    kind: fc.constant('add' as const),
    key: counterKey,
    deltas: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('get' as const), key: fc.oneof(key, counterKey) }),
  fc.record({ kind: fc.constant('read' as const), span }),
);

export const modelCommands: fc.Arbitrary<ModelCommand[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), span }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('transact' as const),
        steps: fc.array(step, { maxLength: 8 }),
        refused: fc.nat(7).map((draw) => draw === 0),
      }),
    },
  ),
  { maxLength: 12 },
);
