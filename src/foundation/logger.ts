/** What the program says to its operator. Fields never carry keys, tokens, signatures or bodies. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
export type LogFields = Readonly<Record<string, unknown>>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
