import { readSync } from 'node:fs';
import type { ParquetColumnType } from '../query-engine.ts';
import type { JobStreams } from './job-streams.ts';
import { JsonRecords } from './json-records.ts';
import { openNamelessFile } from './nameless-file.ts';
import { type OpenDuckDb, openDuckDb } from './open-duckdb.ts';
import type { Job } from './process-frames.ts';
import { sqlName, sqlText } from './sql-text.ts';
import { TextInput } from './text-input.ts';

const sqlTypes: Readonly<Record<ParquetColumnType, string>> = {
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  timestamp: 'TIMESTAMP_MS',
};

const chunkRows = 2048;

/** Rows come as JSON arrays of text; the file is answered. */
export async function runWriteParquet(
  { table, directory }: Extract<Job, { kind: 'write-parquet' }>,
  streams: JobStreams,
): Promise<void> {
  const file = openNamelessFile(directory, `parquet-${process.pid}`);
  try {
    const { connection, duckdb } = await openDuckDb(file.path);
    registerRows({ connection, duckdb }, table.columns.length, new JsonRecords(new TextInput(streams.read)));
    const list = table.columns.map(({ name, type }, i) => `CAST(c${i} AS ${sqlTypes[type]}) AS ${sqlName(name)}`);
    const options = '(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480, USE_TMP_FILE false)';
    await connection.run(`COPY (SELECT ${list.join(', ')} FROM source_rows()) TO ${sqlText(file.path)} ${options}`);
    const block = Buffer.allocUnsafe(256 * 1024);
    for (let at = 0; ; ) {
      const length = readSync(file.descriptor, block, 0, block.length, at);
      if (length === 0) return;
      at += length;
      streams.answer(Buffer.from(block.subarray(0, length)));
    }
  } finally {
    file.close();
  }
}

function registerRows({ connection, duckdb }: OpenDuckDb, columns: number, rows: JsonRecords): void {
  connection.registerTableFunction(
    duckdb.DuckDBTableFunction.create({
      name: 'source_rows',
      bindFunction(bind) {
        for (let i = 0; i < columns; i++) bind.addResultColumn(`c${i}`, duckdb.VARCHAR);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction(info, chunk) {
        try {
          const values: (string | null)[][] = Array.from({ length: columns }, () => []);
          for (let row = 0; row < chunkRows; row++) {
            const text = rows.next();
            if (text === undefined) break;
            for (const [i, value] of (JSON.parse(text) as (string | null)[]).entries()) values[i]!.push(value);
          }
          if (values[0]!.length === 0) chunk.rowCount = 0;
          else chunk.setColumns(values);
        } catch (error) {
          info.setError(error instanceof Error ? error.message : 'the rows could not be read');
        }
      },
    }),
  );
}
