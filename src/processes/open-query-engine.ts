import { accessSync, constants } from 'node:fs';
import { duckDbQueryEngine } from '../engines/query/duckdb/duckdb-query-engine.ts';
import type { QueryEngine } from '../engines/query/query-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import { dataPaths } from '../services/data-directory/data-directory.ts';
import type { Settings } from '../settings.ts';

/** Linux's file system in memory. */
const sharedMemory = '/dev/shm';

/** What runs SQL and writes Parquet. Costs nothing until it is asked: each query has a process of its own. */
export function openQueryEngine({ data }: Pick<Settings, 'data'>, { logger }: { logger: Logger }): QueryEngine {
  return duckDbQueryEngine({
    directory: dataPaths(data).temporary,
    memoryDirectory: memoryDirectory(),
    logger,
    clock: systemClock,
  });
}

function memoryDirectory(): string | undefined {
  try {
    accessSync(sharedMemory, constants.W_OK);
    return sharedMemory;
  } catch {
    return undefined;
  }
}
