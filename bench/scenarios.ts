/** Objects that are there before a scenario begins; putting them there is not measured. */
export interface DataSet {
  readonly name: string;
  readonly bucket: 'objects' | 'listed';
  readonly count: number;
  readonly objectBytes: number;
  keyOf(index: number): string;
}

/** What is measured. Every scenario ends after a time, and those that write also after a number of operations. */
export type Scenario = {
  readonly name: string;
  readonly title: string;
  readonly connections: number;
} & (
  | { readonly kind: 'write'; readonly objectBytes: number; readonly mostPerSecond: number }
  | { readonly kind: 'read'; readonly method: 'GET' | 'HEAD'; readonly from: DataSet }
  | { readonly kind: 'list'; readonly rollsUp: boolean; readonly pages: 'all' | 'first' | 'last' }
  | { readonly kind: 'delete'; readonly mostPerSecond: number }
  | {
      readonly kind: 'multipart';
      readonly objectBytes: number;
      readonly partBytes: number;
      readonly mostPerSecond: number;
    }
  | { readonly kind: 'mixed'; readonly from: DataSet; readonly mostPerSecond: number }
);

export const kibibyte = 1024;
export const mebibyte = 1024 * kibibyte;

/** Spreads keys over prefixes, as applications do. All keys of a set have the same length. */
export const spreadKey = (name: string, index: number) =>
  `${name}/${padded(index % 100, 3)}/object-${padded(index, 9)}`;

export function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function dataSet(name: string, count: number, objectBytes: number): DataSet {
  return { name, bucket: 'objects', count, objectBytes, keyOf: (index) => spreadKey(`set-${name}`, index) };
}

/** The objects of one size that are read: as many as 128 MiB hold, but 4 to 10,000. */
export function setOf(objectBytes: number): DataSet {
  const count = Math.min(10_000, Math.max(4, Math.floor((128 * mebibyte) / objectBytes)));
  return dataSet(shortSize(objectBytes), count, objectBytes);
}

/** `64k`, `1m`; bytes where neither fits. */
export function shortSize(bytes: number): string {
  if (bytes >= mebibyte && bytes % mebibyte === 0) return `${bytes / mebibyte}m`;
  return bytes >= kibibyte && bytes % kibibyte === 0 ? `${bytes / kibibyte}k` : String(bytes);
}

/** `64 KiB`, `1 MiB`. */
export function longSize(bytes: number): string {
  const short = shortSize(bytes);
  const unit = { k: 'KiB', m: 'MiB' }[short.at(-1)!];
  return unit === undefined ? `${bytes} B` : `${short.slice(0, -1)} ${unit}`;
}

export const keysPerFolder = 10;
export const pageLength = 1000;

/** 10,000 folders of ten keys: 100 pages without a delimiter, ten pages of folders with one. Keys count up. */
export const listed: DataSet = {
  name: 'listed',
  bucket: 'listed',
  count: 100_000,
  objectBytes: 0,
  keyOf: (index) => `folder-${padded(Math.floor(index / keysPerFolder), 6)}/key-${index % keysPerFolder}`,
};

/** What a scenario that deletes removes. */
export const doomed = (name: string, count: number): DataSet => dataSet(`doomed-${name}`, count, 0);

/** The largest of its objects; 0 where they are empty. */
export function objectBytesOf(scenario: Scenario): number {
  if (scenario.kind === 'read' || scenario.kind === 'mixed') return scenario.from.objectBytes;
  return scenario.kind === 'write' || scenario.kind === 'multipart' ? scenario.objectBytes : 0;
}

type Frame = readonly [name: string, connections: number];

function put([name, connections]: Frame, objectBytes: number, mostPerSecond: number): Scenario {
  return { kind: 'write', name, title: `PUT ${longSize(objectBytes)}`, connections, objectBytes, mostPerSecond };
}

function get([name, connections]: Frame, objectBytes: number): Scenario {
  const from = setOf(objectBytes);
  return { kind: 'read', name, title: `GET ${longSize(objectBytes)}`, connections, method: 'GET', from };
}

function list([name, connections]: Frame, entries: 'keys' | 'folders', pages: 'all' | 'first' | 'last'): Scenario {
  const which = { all: 'all pages', first: 'first page', last: 'last page' }[pages];
  const rollsUp = entries === 'folders';
  return { kind: 'list', name, title: `LIST${rollsUp ? ' folders' : ''}, ${which}`, connections, rollsUp, pages };
}

/** What runs when nothing is chosen. Each `mostPerSecond` is more than any server here reaches. */
export const scenarios: readonly Scenario[] = [
  put(['put-1k', 64], kibibyte, 40_000),
  put(['put-4k', 32], 4 * kibibyte, 30_000),
  put(['put-4k-alone', 1], 4 * kibibyte, 8_000),
  get(['get-4k', 32], 4 * kibibyte),
  { kind: 'read', name: 'head', title: 'HEAD', connections: 32, method: 'HEAD', from: setOf(4 * kibibyte) },
  {
    kind: 'mixed',
    name: 'mixed-4k',
    title: 'Mixed, 4 KiB',
    connections: 32,
    from: setOf(4 * kibibyte),
    mostPerSecond: 30_000,
  },
  put(['put-64k', 32], 64 * kibibyte, 10_000),
  get(['get-64k', 32], 64 * kibibyte),
  put(['put-1m', 32], mebibyte, 1_000),
  get(['get-1m', 32], mebibyte),
  put(['put-16m', 8], 16 * mebibyte, 60),
  get(['get-16m', 8], 16 * mebibyte),
  {
    kind: 'multipart',
    name: 'multipart-64m',
    title: 'Multipart, 64 MiB by 8 MiB',
    connections: 4,
    objectBytes: 64 * mebibyte,
    partBytes: 8 * mebibyte,
    mostPerSecond: 20,
  },
  list(['list-keys', 4], 'keys', 'all'),
  list(['list-keys-first', 1], 'keys', 'first'),
  list(['list-keys-last', 1], 'keys', 'last'),
  list(['list-folders', 4], 'folders', 'all'),
  list(['list-folders-first', 1], 'folders', 'first'),
  list(['list-folders-last', 1], 'folders', 'last'),
  { kind: 'delete', name: 'delete', title: 'DELETE', connections: 32, mostPerSecond: 15_000 },
];
