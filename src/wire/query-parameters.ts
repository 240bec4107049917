import { StorageError } from '../domain/errors.ts';

/** The query of a request target, decoded once (percent-encoding; `+` is a space as browsers and AWS read it). */
export class QueryParameters {
  /** In the order of the request; a name without `=` has the empty string as its value. */
  readonly entries: readonly (readonly [name: string, value: string])[];
  static readonly none = new QueryParameters([]);

  constructor(entries: readonly (readonly [string, string])[]) {
    this.entries = entries;
  }

  static parse(raw: string): QueryParameters {
    if (raw === '') return QueryParameters.none;
    const entries: [string, string][] = [];
    for (const pair of raw.split('&')) {
      if (pair === '') continue;
      const at = pair.indexOf('=');
      entries.push(at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]);
    }
    return new QueryParameters(entries);
  }

  get(name: string): string | undefined {
    for (const entry of this.entries) if (entry[0] === name) return entry[1];
    return undefined;
  }

  has(name: string): boolean {
    for (const entry of this.entries) if (entry[0] === name) return true;
    return false;
  }
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new StorageError('InvalidUri');
  }
}
