/** Why this data directory cannot be used, in one line for the operator. Nothing in it was changed. */
export class DataDirectoryError extends Error {
  constructor(line: string, cause?: unknown) {
    super(line, cause === undefined ? undefined : { cause });
    this.name = 'DataDirectoryError';
  }
}
