import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { RecordedRun } from './recorded-run.ts';

const results = new URL('./results/', import.meta.url);

/** Keeps a run under bench/results, and answers the file's name. No run that is there already is replaced. */
export async function recordRun(run: RecordedRun): Promise<string> {
  await mkdir(results, { recursive: true });
  const { kind, date, machine, sync } = run;
  const place = `${machine.processor} ${machine.cores} cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const stem = `${date.slice(0, 10)}-${place.replace(/^-|-$/g, '')}-${sync}${kind === 'throughput' ? '' : `-${kind}`}`;
  const content = `${JSON.stringify(run, roundedNumber, 2)}\n`;
  for (let turn = 1; ; turn++) {
    const name = `${stem}${turn === 1 ? '' : `-${turn}`}.json`;
    try {
      await writeFile(new URL(name, results), content, { flag: 'wx' });
      return `bench/results/${name}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

export interface NamedRun {
  readonly file: string;
  readonly run: RecordedRun;
}

/** All runs, by the time at which they began. */
export async function recordedRuns(): Promise<readonly NamedRun[]> {
  const names = (await readdir(results).catch(() => [])).filter((name) => name.endsWith('.json'));
  const runs = names.map(async (file) => ({
    file,
    run: JSON.parse(await readFile(new URL(file, results), 'utf8')) as RecordedRun,
  }));
  return (await Promise.all(runs)).sort((a, b) => Date.parse(a.run.date) - Date.parse(b.run.date));
}

/** Five digits are more than a measurement has. */
function roundedNumber(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
