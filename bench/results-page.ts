import { barChart } from './bar-chart.ts';
import { sentenceOf } from './machine.ts';
import type { NamedRun } from './record-run.ts';
import type { IdentityRun, MemoryRun, RecordedRun, ScaleRun, ThroughputRun, WorkerMemory } from './recorded-run.ts';
import type { Measurement } from './run-scenario.ts';
import { figuresOf } from './throughput-report.ts';

/**
 * docs/generated/benchmarks.md: of each kind of run on each machine the newest one, in tables and charts. The same runs
 * always make the same page.
 */
export function benchmarksPage(runs: readonly NamedRun[]): string {
  const newest = new Map<string, NamedRun>();
  for (const named of runs) newest.set(seriesOf(named.run), named);
  const shown = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, named]) => named);
  const none = 'No run is recorded yet: `npm run bench -- --baseline --record` on a machine that does nothing else.';
  return `# Benchmarks

What \`npm run bench\` measured; [Performance](../performance.md) tells how, and how to read the numbers. Of each kind of run the newest on
each machine is shown. Numbers of different machines do not compare.

${shown.length === 0 ? `${none}\n` : shown.map(sectionOf).join('\n')}${allRuns(runs)}`;
}

const order = ['throughput', 'matrix', 'scale', 'memory', 'identity'];

/** Runs of one series replace each other; the text sorts. */
function seriesOf(run: RecordedRun): string {
  const { kind, machine, sync } = run;
  const size = run.kind === 'scale' ? String(run.options.keys).padStart(9, '0') : '';
  return [sync, machine.processor, machine.cores, order.indexOf(kind), size].join(' ');
}

function sectionOf({ file, run }: NamedRun): string {
  const { machine, sync } = run;
  const place = `${machine.processor}, ${machine.cores} cores, ${sync}`;
  const facts = `${sentenceOf(run)}. Recorded in [${file}](../../bench/results/${file}).`;
  switch (run.kind) {
    case 'throughput':
      return `## Throughput: ${place}\n\n${facts}\n\n${throughputOf(run)}`;
    case 'matrix':
      return `## Sizes and clients: ${place}\n\n${facts}\n\n${throughputOf(run)}`;
    case 'scale':
      return `## ${run.options.keys.toLocaleString('en-US')} keys: ${place}\n\n${facts}\n\n${scaleOf(run)}`;
    case 'memory':
      return `## Memory: ${place}\n\n${facts}\n\n${memoryOf(run)}`;
    case 'identity':
      return `## ${run.options.users.toLocaleString('en-US')} users: ${place}\n\n${facts}\n\n${identityOf(run)}`;
  }
}

/** Cairn's row with the baseline's, where there is one. */
interface Pair {
  readonly cairn: Measurement;
  readonly baseline: Measurement | undefined;
}

function throughputOf({ measurements, options }: ThroughputRun): string {
  const pairs = measurements
    .filter(({ server }) => server === 'cairn')
    .map((cairn) => ({
      cairn,
      baseline: measurements.find(({ server, scenario }) => server === 'baseline' && scenario === cairn.scenario),
    }));
  const rows = pairs.map(({ cairn, baseline }) => [
    ...rowOf(cairn),
    baseline ? (cairn.operationsPerSecond / baseline.operationsPerSecond).toFixed(2) : '',
  ]);
  const titles = [...measurementTitles, 'ratio to the baseline'];
  const intro = `Each scenario was measured for at most ${options.seconds} s.`;
  return `${intro}\n\n${table(titles, rows)}\n\n${ratioCharts(pairs)}${latencyCharts(pairs)}`;
}

/** What is of one magnitude goes into one chart, for the charts have no logarithmic axis. */
function familiesOf(pairs: readonly Pair[]): readonly (readonly [title: string, pairs: readonly Pair[]])[] {
  const decade = ({ cairn }: Pair) => Math.floor(Math.log10(cairn.p99Milliseconds));
  const decades = [...new Set(pairs.map(decade))].sort((a, b) => a - b);
  return decades.map((power) => {
    const title = `p99 from ${formatted(10 ** power)} to ${formatted(10 ** (power + 1))} ms`;
    return [title, pairs.filter((pair) => decade(pair) === power)];
  });
}

function formatted(value: number): string {
  return value < 1 ? value.toFixed(Math.ceil(-Math.log10(value))) : value.toFixed(0);
}

function ratioCharts(pairs: readonly Pair[]): string {
  const compared = pairs.filter(({ baseline }) => baseline !== undefined);
  if (compared.length === 0) return '';
  const chart = barChart({
    title: "Throughput as a part of the baseline's",
    labels: compared.map(({ cairn }) => cairn.title),
    unit: 'the line is the baseline',
    series: [compared.map(({ cairn, baseline }) => cairn.operationsPerSecond / baseline!.operationsPerSecond)],
    mark: 1,
  });
  return `${chart}\n`;
}

function latencyCharts(pairs: readonly Pair[]): string {
  const charts = familiesOf(pairs).map(([title, family]) =>
    barChart({
      title: `Latency, ${title}`,
      labels: family.map(({ cairn }) => cairn.title),
      unit: 'ms',
      series: [family.map(({ cairn }) => cairn.p99Milliseconds), family.map(({ cairn }) => cairn.p50Milliseconds)],
    }),
  );
  return `The dark part of a bar ends at the median (p50), the light part at p99.\n\n${charts.join('\n')}`;
}

function scaleOf({ options, fill, firstAnswerMilliseconds, measurements, worker }: ScaleRun): string {
  const rows = measurements.map((measured) => [...rowOf(measured), measured.ratioToEmpty?.toFixed(2) ?? '']);
  const manner = options.overHttp ? 'over HTTP and synced' : 'past the stopped server and without syncs';
  const course = barChart({
    title: 'Keys per second while the store fills',
    labels: fill.course.map((_, stage) => `${((stage + 1) * 100) / fill.course.length} %`),
    unit: 'keys/s',
    series: [fill.course],
  });
  return `The store was filled with ${options.keys.toLocaleString('en-US')} keys of ${options.bytes} bytes in random order, ${manner}, in
${fill.seconds.toFixed(0)} s. Started again, it gave its first answer after ${firstAnswerMilliseconds.toFixed(0)} ms. A worker at rest takes
${memoryText(worker.atRest)}; after the measurements, ${memoryText(worker.after)}.

${table([...measurementTitles, 'ratio to the empty store'], rows)}

${course}`;
}

function memoryOf({ options, worker, phases }: MemoryRun): string {
  const rows = phases.map(({ phase, seconds, growth }) => [
    phase,
    seconds.toFixed(1),
    growth.privateMegabytes.toFixed(0),
    growth.residentMegabytes.toFixed(0),
  ]);
  return `A worker at rest takes ${memoryText(worker.atRest)}. How far it rose above that while objects of ${options.mebibytes} MiB went
in and out, and while ${options.slowClients} clients were slow:

${table(['phase', 's', 'of its own, MB', 'with mapped files, MB'], rows)}
`;
}

function identityOf({ decisions, firstAnswerMilliseconds, pages, worker }: IdentityRun): string {
  const { firstMicroseconds, allMicroseconds, oneMicroseconds } = decisions;
  const rows = [
    ['a decision, over all users at random', `${allMicroseconds.toFixed(1)} µs`],
    ['a decision, for one user', `${oneMicroseconds.toFixed(1)} µs`],
    ['a decision, the first for a user', `${firstMicroseconds.toFixed(0)} µs`],
    ['from the start to the first answer', `${firstAnswerMilliseconds.toFixed(0)} ms`],
    ...pages.map(({ size, medianMilliseconds, mostMilliseconds }) => [
      `ListUsers, ${size} a page: the median, and the most`,
      `${medianMilliseconds.toFixed(1)} ms, ${mostMilliseconds.toFixed(1)} ms`,
    ]),
  ];
  return `Each user has three policies, two of them its own. A worker at rest takes ${memoryText(worker.atRest)};
after a request of each user ${memoryText(worker.after)}.

${table(['what', 'takes'], rows)}
`;
}

function memoryText({ privateMegabytes, residentMegabytes }: WorkerMemory): string {
  return `${privateMegabytes.toFixed(0)} MB of its own and ${residentMegabytes.toFixed(0)} MB with the pages of mapped files`;
}

const measurementTitles = [
  'scenario',
  'op/s',
  'MB/s',
  'entries/s',
  'p50 ms',
  'p99 ms',
  'server CPU µs/op',
  'client CPU µs/op',
  'of it verifying',
  'private MB',
];

function rowOf(measured: Measurement): string[] {
  return [measured.title, ...figuresOf(measured)];
}

/** The first column is text, the others are numbers. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function allRuns(runs: readonly NamedRun[]): string {
  if (runs.length === 0) return '';
  const items = runs.map(({ file, run }) => `- [${file}](../../bench/results/${file}), ${run.date.slice(0, 10)}`);
  return `\n## All recorded runs\n\n${items.join('\n')}\n`;
}
