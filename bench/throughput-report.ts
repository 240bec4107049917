import type { Measurement } from './run-scenario.ts';

const columns: readonly (readonly [title: string, width: number])[] = [
  ['scenario', 42],
  ['server', 8],
  ['op/s', 8],
  ['MB/s', 7],
  ['entries/s', 9],
  ['p50 ms', 8],
  ['p99 ms', 8],
  ['server CPU µs/op', 16],
  ['client CPU µs/op', 16],
  ['of it verifying', 15],
  ['private MB', 10],
  ['ratio', 5],
];

/** The table is Markdown, row by row as they are measured, so that it can be pasted into a document. */
export function tableHead(): string {
  const rule = columns.map(([, width], index) => (index < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return `${rowOf(columns.map(([title]) => title))}\n${rowOf(rule)}`;
}

/** What was measured, in the order of every table's columns. */
export function figuresOf(measured: Measurement): string[] {
  return [
    rounded(measured.operationsPerSecond),
    rounded(measured.megabytesPerSecond),
    rounded(measured.entriesPerSecond),
    measured.p50Milliseconds.toFixed(2),
    measured.p99Milliseconds.toFixed(2),
    rounded(measured.serverMicrosecondsPerOperation),
    rounded(measured.clientMicrosecondsPerOperation),
    rounded(measured.verifyingMicrosecondsPerOperation),
    rounded(measured.peakPrivateMegabytes),
  ];
}

/** `reference` is what the row is a ratio of. */
export function tableRow(measured: Measurement, reference?: Measurement): string {
  return rowOf([
    measured.title,
    measured.server,
    ...figuresOf(measured),
    reference ? (measured.operationsPerSecond / reference.operationsPerSecond).toFixed(2) : '',
  ]);
}

function rowOf(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = columns[index]![1];
    return index < 2 ? cell.padEnd(width) : cell.padStart(width);
  });
  return `| ${padded.join(' | ')} |`;
}

export function rounded(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(value < 10 ? 1 : 0);
}
