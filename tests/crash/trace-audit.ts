import { dirname } from 'node:path';

/** What a trace of system calls shows about one data directory. */
export interface TraceReport {
  /** What was written and not synced when a 2xx answer went out. */
  readonly found: readonly string[];
  readonly answers: number;
  readonly writes: number;
  readonly syncs: number;
}

interface Call {
  readonly name: string;
  readonly text: string;
}

/** A descriptor as `strace -y` shows it: its number and what it stands for. */
const descriptor = /^(\d+)<([^>]*)>/;

/**
 * Reads what `strace -f -y` wrote, line by line. A write counts from its end, a sync covers what had ended before it
 * began, and a file opened with O_DSYNC needs none.
 */
export class TraceAudit {
  readonly #directory: string;
  readonly #unsynced = new Map<string, number>();
  readonly #synchronous = new Set<string>();
  readonly #known = new Set<string>();
  /** By thread: a call that has begun. */
  readonly #begun = new Map<string, { readonly text: string; readonly at: number }>();
  readonly #found = new Set<string>();
  #at = 0;
  #answers = 0;
  #writes = 0;
  #syncs = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  static read(directory: string, lines: Iterable<string>): TraceReport {
    const audit = new TraceAudit(directory);
    for (const line of lines) audit.#line(line);
    return { found: [...audit.#found].sort(), answers: audit.#answers, writes: audit.#writes, syncs: audit.#syncs };
  }

  #line(line: string): void {
    this.#at++;
    const [, thread, text] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) return;
    if (text.endsWith('<unfinished ...>')) {
      this.#begun.set(thread, { text: text.slice(0, -'<unfinished ...>'.length), at: this.#at });
      // The answer may be on its way from here on.
      this.#answer(text);
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const begun = resumed ? this.#begun.get(thread) : undefined;
    const whole = begun ? begun.text + resumed![1] : text;
    const [, name] = /^(\w+)\(/.exec(whole) ?? [];
    if (name === undefined || / = -1 /.test(whole)) return;
    if (!begun) this.#answer(whole);
    this.#ended({ name, text: whole.slice(name.length + 1) }, begun?.at ?? this.#at);
  }

  #ended({ name, text }: Call, begunAt: number): void {
    if (/^open/.test(name)) this.#opened(text);
    else if (/write/.test(name)) this.#wrote(text);
    else if (name === 'fsync' || name === 'fdatasync') this.#synced(text, begunAt);
    else if (/^(unlink|rename|link|mkdir)/.test(name)) this.#named(name, text);
  }

  #opened(text: string): void {
    const [, number, path] = / = (\d+)<([^>]*)>$/.exec(text) ?? [];
    if (number === undefined || path === undefined || !this.#isOurs(path)) return;
    if (/O_D?SYNC/.test(text)) this.#synchronous.add(number);
    else this.#synchronous.delete(number);
    if (text.includes('O_CREAT') && !this.#known.has(path)) this.#change(`entry ${dirname(path)}`);
    this.#known.add(path);
  }

  #wrote(text: string): void {
    const [, number, path] = descriptor.exec(text) ?? [];
    if (number === undefined || path === undefined || !this.#isOurs(path)) return;
    this.#writes++;
    if (!this.#synchronous.has(number)) this.#change(`bytes ${path}`);
  }

  #synced(text: string, begunAt: number): void {
    const [, , path] = descriptor.exec(text) ?? [];
    if (path === undefined || !this.#isOurs(path)) return;
    this.#syncs++;
    for (const what of [`bytes ${path}`, `entry ${path}`]) {
      if ((this.#unsynced.get(what) ?? Number.POSITIVE_INFINITY) < begunAt) this.#unsynced.delete(what);
    }
  }

  #named(name: string, text: string): void {
    for (const [, path] of text.matchAll(/"([^"]+)"/g)) {
      if (!this.#isOurs(path!)) continue;
      if (name.startsWith('unlink')) this.#unsynced.delete(`bytes ${path}`);
      this.#change(`entry ${dirname(path!)}`);
    }
  }

  #answer(text: string): void {
    if (!/^(write|writev|sendto|sendmsg)\(\d+<socket:/.test(text) || !/HTTP\/1\.1 2\d\d/.test(text)) return;
    this.#answers++;
    for (const what of this.#unsynced.keys()) this.#found.add(what.replace(this.#directory, ''));
  }

  #change(what: string): void {
    this.#unsynced.set(what, this.#at);
  }

  /** LMDB's table of readers is made anew after a crash. */
  #isOurs(path: string): boolean {
    const isWithin = path === this.#directory || path.startsWith(`${this.#directory}/`);
    return isWithin && !path.endsWith('/metadata.mdb-lock');
  }
}
