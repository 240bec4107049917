import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

type DuckDb = typeof import('@duckdb/node-api');

export interface OpenDuckDb {
  readonly connection: DuckDBConnection;
  readonly duckdb: DuckDb;
}

/** Memory that one query may use, in DuckDB's words. */
const memoryLimit = '256MB';

/**
 * DuckDB with nothing in it and nothing in reach: no file but `path`, no directory, no network, no extension but those
 * that it is built with, and no way to change that.
 */
export async function openDuckDb(path: string | undefined): Promise<OpenDuckDb> {
  const duckdb = await import('@duckdb/node-api');
  const instance: DuckDBInstance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: memoryLimit,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  if (path !== undefined) await connection.run(`SET allowed_paths = ['${path.replaceAll("'", "''")}']`);
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return { connection, duckdb };
}
