import { writeSync } from 'node:fs';
import type { Clock } from '../foundation/clock.ts';
import type { LogFields, Logger } from '../foundation/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly clock: Clock;
  /** Fields of every line: which process speaks. */
  readonly fields: LogFields;
}

/** A logger whose lines may still be on their way: `flush` sends them off before the process ends. */
export interface OperatorLogger extends Logger {
  flush(): void;
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const standardError = 2;

/** Speaks to the operator on standard error: lines to read on a terminal, JSON lines (through pino) otherwise. */
export function createLogger(options: LoggerOptions): OperatorLogger {
  return options.format === 'text' ? textLogger(options) : jsonLogger(options);
}

function logger(level: LogLevel, write: (level: LogLevel, fields: LogFields, message: string) => void): Logger {
  const at = (own: LogLevel) =>
    ranks[own] < ranks[level] ? () => {} : (fields: LogFields, message: string) => write(own, fields, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function textLogger({ level, clock, fields: own }: LoggerOptions): OperatorLogger {
  const write = (at: LogLevel, fields: LogFields, message: string) => {
    const time = new Date(clock.now()).toISOString().slice(11, 19);
    const details = Object.entries({ ...own, ...fields })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${inWords(value)}`)
      .join('');
    writeLine(`${time} ${at.padEnd(5)} ${message}${details}\n`);
  };
  return { ...logger(level, write), flush() {} };
}

function inWords(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? String(value));
}

type PinoLogger = Record<LogLevel, (fields: LogFields, message: string) => void>;

/** pino is loaded with the first line, so that a start that has nothing to say does not wait for it. */
function jsonLogger({ level, clock, fields: own }: LoggerOptions): OperatorLogger {
  let waiting: { at: LogLevel; fields: LogFields; message: string; time: number }[] = [];
  let loaded: PinoLogger | undefined;
  let loading = false;
  const load = async () => {
    const { default: pino } = await import('pino');
    loaded = pino(
      { level, base: own, timestamp: false, errorKey: 'error' },
      pino.destination({ dest: standardError, sync: true }),
    );
    const lines = waiting;
    waiting = [];
    for (const { at, fields, message, time } of lines) loaded[at]({ time, ...fields }, message);
  };
  const write = (at: LogLevel, fields: LogFields, message: string) => {
    const time = clock.now();
    if (loaded !== undefined) {
      loaded[at]({ time, ...fields }, message);
      return;
    }
    waiting.push({ at, fields, message, time });
    if (loading) return;
    loading = true;
    void load();
  };
  return {
    ...logger(level, write),
    flush() {
      for (const { at, fields, message, time } of waiting) {
        writeLine(`${JSON.stringify({ level: ranks[at], ...own, time, ...fields, msg: message }, plainError)}\n`);
      }
      waiting = [];
    },
  };
}

/** An error has no fields that JSON would show. */
function plainError(_: string, value: unknown): unknown {
  return value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value;
}

/** Synchronous, so that the last words of a process are heard. A closed or full pipe is nothing to die of. */
function writeLine(line: string): void {
  try {
    writeSync(standardError, line);
  } catch {}
}
