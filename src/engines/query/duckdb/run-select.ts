import { writeSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryFailure, type RowQuery } from '../query-engine.ts';
import { answerWriter, type WholeRecord } from './answer-writer.ts';
import { CsvRecords } from './csv-records.ts';
import type { JobStreams } from './job-streams.ts';
import { JsonRecords } from './json-records.ts';
import { openNamelessFile } from './nameless-file.ts';
import { type OpenDuckDb, openDuckDb } from './open-duckdb.ts';
import type { Job } from './process-frames.ts';
import { CsvSource, JsonSource, ParquetSource, recordsFunction, wholeRecordColumn } from './record-source.ts';
import { sqlText } from './sql-text.ts';
import { TextInput } from './text-input.ts';
import { type TranslatedQuery, translate } from './translate.ts';

/** Rows of one column each, a chunk at a time; empty at the end. */
type NextColumns = () => readonly (readonly (string | null)[])[];

/** DuckDB's own size of a chunk. */
const chunkRows = 2048;
/** Characters of a chunk, or a little more: what a query makes of them may be many times as large. */
const chunkCharacters = 4 * 1024 * 1024;

type SelectJob = Extract<Job, { kind: 'select' }>;

export async function runSelect(job: SelectJob, streams: JobStreams) {
  const { query } = job;
  if (query.input.kind === 'csv') return selectFromCsv(query, query.input, streams);
  if (query.input.kind === 'json') return selectFromJson(query, streams);
  return selectFromParquet(job, streams);
}

async function selectFromCsv(
  query: RowQuery,
  format: Extract<RowQuery['input'], { kind: 'csv' }>,
  streams: JobStreams,
): Promise<void> {
  const input = new TextInput(streams.read);
  if (query.range?.skipsFirst) input.dropThrough(format.recordDelimiter);
  const records = new CsvRecords(input, format);
  const names = csvHeader(query, format, records);
  const source = new CsvSource(names);
  const translated = translate(query.query, source, query);
  const columns = [...(source.usesWhole ? [wholeRecordColumn] : []), ...source.used.map((_, i) => `c${i}`)];
  const firstField = source.usesWhole ? 1 : 0;
  const next: NextColumns = () => {
    const chunk: (string | null)[][] = columns.map(() => []);
    let rows = 0;
    let characters = 0;
    while (rows < chunkRows && characters < chunkCharacters && !isBehind(query, input)) {
      const fields = records.next();
      if (!fields) break;
      rows++;
      for (const field of fields) characters += field.length;
      if (source.usesWhole) chunk[0]!.push(JSON.stringify(fields));
      for (const [i, index] of source.used.entries()) chunk[firstField + i]!.push(fields[index] ?? null);
    }
    // COUNT(*) looks at no field, but there are rows.
    return columns.length === 0 ? [Array<null>(rows).fill(null)] : chunk;
  };
  const { connection, duckdb } = await openDuckDb(undefined);
  registerRecords({ connection, duckdb }, columns.length === 0 ? ['nothing'] : columns, next);
  await answer(connection, translated, streams, query, { kind: 'csv', names });
}

/** The names of the fields, where the first line has them. */
function csvHeader(
  { headerLine, range }: RowQuery,
  format: Extract<RowQuery['input'], { kind: 'csv' }>,
  records: CsvRecords,
): readonly string[] | undefined {
  if (format.header === 'none') return undefined;
  const isInSource = !range?.skipsFirst;
  const line = isInSource ? records : headerLine === undefined ? undefined : new CsvRecords(textOf(headerLine), format);
  const names = line?.next();
  return format.header === 'use' ? (names ?? []) : undefined;
}

function textOf(text: string): TextInput {
  const bytes = Buffer.from(text);
  let at = 0;
  return new TextInput((buffer) => {
    const taken = bytes.copy(buffer, 0, at);
    at += taken;
    return taken;
  });
}

async function selectFromJson(query: RowQuery, streams: JobStreams): Promise<void> {
  const input = new TextInput(streams.read);
  if (query.range?.skipsFirst) input.dropThrough('\n');
  const records = new JsonRecords(input);
  const translated = translate(query.query, new JsonSource(query.query.from), query);
  const { connection, duckdb } = await openDuckDb(undefined);
  registerRecords({ connection, duckdb }, [wholeRecordColumn], () => {
    const chunk: string[] = [];
    let characters = 0;
    while (chunk.length < chunkRows && characters < chunkCharacters && !isBehind(query, input)) {
      const record = records.next();
      if (record === undefined) break;
      characters += record.length;
      chunk.push(record);
    }
    return [chunk];
  });
  await answer(connection, translated, streams, query, { kind: 'json' });
}

function isBehind({ range }: RowQuery, input: TextInput): boolean {
  return range !== undefined && input.bytesUsed() >= range.endsAt;
}

async function selectFromParquet({ query, directory, largestFile }: SelectJob, streams: JobStreams): Promise<void> {
  const file = openNamelessFile(directory, `select-${process.pid}`);
  try {
    const block = Buffer.allocUnsafe(1024 * 1024);
    let size = 0;
    for (;;) {
      const length = streams.read(block);
      if (length === 0) break;
      size += length;
      if (size > largestFile) {
        throw new QueryFailure(
          'too-large',
          `Of Parquet that is kept like this, at most ${largestFile} bytes are queried.`,
        );
      }
      for (let written = 0; written < length; ) written += writeSync(file.descriptor, block, written, length - written);
    }
    const { connection } = await openDuckDb(file.path);
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${sqlText(file.path)})`);
    const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    const translated = translate(query.query, new ParquetSource(file.path, columns), query);
    await answer(connection, translated, streams, query, { kind: 'json' });
  } finally {
    file.close();
  }
}

/** Makes the records a table of DuckDB's that is read once, from front to back, as the query asks for them. */
function registerRecords({ connection, duckdb }: OpenDuckDb, columns: readonly string[], next: NextColumns): void {
  let failure: unknown;
  const table = duckdb.DuckDBTableFunction.create({
    name: recordsFunction,
    bindFunction(bind) {
      for (const column of columns) bind.addResultColumn(column, duckdb.VARCHAR);
    },
    initFunction: (init) => init.setMaxThreads(1),
    mainFunction(info, chunk) {
      try {
        const values = next();
        if ((values[0]?.length ?? 0) === 0) chunk.rowCount = 0;
        else chunk.setColumns(values);
      } catch (error) {
        failure = error;
        info.setError('the records could not be read');
      }
    },
  });
  connection.registerTableFunction(table);
  failures.set(connection, () => failure);
}

/** What the source of a connection's records failed with: DuckDB hands on its text alone. */
const failures = new WeakMap<DuckDBConnection, () => unknown>();

async function answer(
  connection: DuckDBConnection,
  translated: TranslatedQuery,
  streams: JobStreams,
  { output }: RowQuery,
  whole: WholeRecord,
): Promise<void> {
  const write = answerWriter(output, translated, whole);
  try {
    const result = await connection.stream(translated.sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      const columns = chunk.getColumns() as (string | null)[][];
      const records: string[] = [];
      for (let row = 0; row < chunk.rowCount; row++) records.push(write(columns.map((column) => column[row] ?? null)));
      streams.answer(records.join(''));
    }
  } catch (error) {
    throw failures.get(connection)?.() ?? error;
  }
}
