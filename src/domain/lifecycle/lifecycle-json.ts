import { StorageError } from '../errors.ts';
import { storageClasses } from '../storage-class.ts';
import type { Tag } from '../tagging.ts';
import { checkLifecycle } from './check-lifecycle.ts';
import type {
  FilterConjunction,
  LifecycleConfiguration,
  LifecycleFilter,
  LifecycleRule,
  Moment,
  NoncurrentPeriod,
} from './lifecycle-rules.ts';

/**
 * Rules in the JSON of AWS's command line (`{"Rules": [{"ID": …, "Status": "Enabled", "Filter": {…}, …}]}`). Throws
 * InvalidArgument with a sentence that names what is wrong, or as `checkLifecycle` does.
 */
export function parseLifecycleJson(text: string): LifecycleConfiguration {
  const rules = listIn(new Fields(parse(text), 'the document'), 'Rules', readRule);
  const configuration: LifecycleConfiguration = { minimumTransitionSize: 'all_storage_classes_128K', rules };
  checkLifecycle(configuration);
  return configuration;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`The rules are no JSON: ${(error as Error).message}`);
  }
}

function wrong(message: string): StorageError {
  return new StorageError('InvalidArgument', { message });
}

/** The members of a JSON object; each is asked for by its name, and `end` finds those that nobody asked for. */
class Fields {
  readonly where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${where} is no object`);
    this.#values = value as Record<string, unknown>;
    this.where = where;
  }

  get(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'string') as string | undefined;
  }

  integer(name: string): number | undefined {
    const value = this.#typed(name, 'number') as number | undefined;
    if (value === undefined || Number.isSafeInteger(value)) return value;
    throw wrong(`${name} of ${this.where} is no whole number`);
  }

  truth(name: string): boolean | undefined {
    return this.#typed(name, 'boolean') as boolean | undefined;
  }

  date(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const at = Date.parse(value);
    if (Number.isNaN(at)) throw wrong(`${name} of ${this.where} is no date`);
    return at;
  }

  object<T>(name: string, read: (fields: Fields) => T): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const fields = new Fields(value, `${name} of ${this.where}`);
    const result = read(fields);
    fields.end();
    return result;
  }

  end(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#asked.has(name)) throw wrong(`${this.where} has ${name}, which means nothing there`);
    }
  }

  #typed(name: string, type: string): unknown {
    const value = this.get(name);
    if (value === undefined || typeof value === type) return value;
    throw wrong(`${name} of ${this.where} is no ${type}`);
  }
}

function listIn<T>(fields: Fields, name: string, read: (fields: Fields) => T): T[] {
  const value = fields.get(name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(`${name} of ${fields.where} is no list`);
  return value.map((item, i) => {
    const inner = new Fields(item, `${name}[${i}]`);
    const result = read(inner);
    inner.end();
    return result;
  });
}

function required<T>(value: T | undefined, name: string, { where }: Fields): T {
  if (value === undefined) throw wrong(`${where} has no ${name}`);
  return value;
}

function readRule(fields: Fields): LifecycleRule {
  const status = required(fields.text('Status'), 'Status', fields);
  if (status !== 'Enabled' && status !== 'Disabled') throw wrong(`Status of ${fields.where} is Enabled or Disabled`);
  const noncurrent = listIn(fields, 'NoncurrentVersionTransitions', (inner) => ({
    ...readPeriod(inner),
    storageClass: readClass(inner),
  }));
  return {
    id: fields.text('ID') ?? fields.where,
    isEnabled: status === 'Enabled',
    prefix: fields.text('Prefix'),
    filter: fields.object('Filter', readFilter),
    expiration: fields.object('Expiration', (inner) => ({
      ...readMoment(inner),
      expiredObjectDeleteMarker: inner.truth('ExpiredObjectDeleteMarker'),
    })),
    transitions: listIn(fields, 'Transitions', (inner) => ({ ...readMoment(inner), storageClass: readClass(inner) })),
    noncurrentExpiration: fields.object('NoncurrentVersionExpiration', readPeriod),
    noncurrentTransitions: noncurrent,
    abortUploadsAfter: fields.object('AbortIncompleteMultipartUpload', (inner) => inner.integer('DaysAfterInitiation')),
  };
}

function readMoment(fields: Fields): Moment {
  return { days: fields.integer('Days'), date: fields.date('Date') };
}

function readPeriod(fields: Fields): NoncurrentPeriod {
  return { days: fields.integer('NoncurrentDays'), newerVersions: fields.integer('NewerNoncurrentVersions') };
}

function readClass(fields: Fields) {
  const name = required(fields.text('StorageClass'), 'StorageClass', fields);
  const known = storageClasses.find((storageClass) => storageClass === name);
  if (!known) throw wrong(`StorageClass of ${fields.where} is none that there is`);
  return known;
}

function readTag(fields: Fields): Tag {
  const key = required(fields.text('Key'), 'Key', fields);
  return { key, value: required(fields.text('Value'), 'Value', fields) };
}

function readFilter(fields: Fields): LifecycleFilter {
  return {
    prefix: fields.text('Prefix'),
    tag: fields.object('Tag', readTag),
    ...readSizes(fields),
    and: fields.object(
      'And',
      (inner): FilterConjunction => ({
        prefix: inner.text('Prefix'),
        tags: listIn(inner, 'Tags', readTag),
        ...readSizes(inner),
      }),
    ),
  };
}

function readSizes(fields: Fields) {
  return {
    sizeGreaterThan: fields.integer('ObjectSizeGreaterThan'),
    sizeLessThan: fields.integer('ObjectSizeLessThan'),
  };
}
