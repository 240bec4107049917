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
);

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Spreads keys over prefixes, as applications do. All keys of a set have the same length. */
export const spreadKey = (name: string, index: number) =>
  `${name}/${padded(index % 100, 3)}/object-${padded(index, 9)}`;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function dataSet(name: string, count: number, objectBytes: number): DataSet {
  return { name, bucket: 'objects', count, objectBytes, keyOf: (index) => spreadKey(`set-${name}`, index) };
}

const small = dataSet('4k', 10_000, 4 * kibibyte);
const medium = dataSet('64k', 2_000, 64 * kibibyte);
const large = dataSet('1m', 128, mebibyte);
const huge = dataSet('16m', 8, 16 * mebibyte);

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

/** What `delete` removes. */
export const doomed = (count: number): DataSet => dataSet('doomed', count, 0);

export const scenarios: readonly Scenario[] = [
  { name: 'put-1k', title: 'PUT 1 KiB', connections: 64, kind: 'write', objectBytes: kibibyte, mostPerSecond: 40_000 },
  {
    name: 'put-4k',
    title: 'PUT 4 KiB',
    connections: 32,
    kind: 'write',
    objectBytes: 4 * kibibyte,
    mostPerSecond: 30_000,
  },
  {
    name: 'put-4k-alone',
    title: 'PUT 4 KiB',
    connections: 1,
    kind: 'write',
    objectBytes: 4 * kibibyte,
    mostPerSecond: 8_000,
  },
  { name: 'get-4k', title: 'GET 4 KiB', connections: 32, kind: 'read', method: 'GET', from: small },
  { name: 'head', title: 'HEAD', connections: 32, kind: 'read', method: 'HEAD', from: small },
  {
    name: 'put-64k',
    title: 'PUT 64 KiB',
    connections: 32,
    kind: 'write',
    objectBytes: 64 * kibibyte,
    mostPerSecond: 10_000,
  },
  { name: 'get-64k', title: 'GET 64 KiB', connections: 32, kind: 'read', method: 'GET', from: medium },
  { name: 'put-1m', title: 'PUT 1 MiB', connections: 32, kind: 'write', objectBytes: mebibyte, mostPerSecond: 1_000 },
  { name: 'get-1m', title: 'GET 1 MiB', connections: 32, kind: 'read', method: 'GET', from: large },
  {
    name: 'put-16m',
    title: 'PUT 16 MiB',
    connections: 8,
    kind: 'write',
    objectBytes: 16 * mebibyte,
    mostPerSecond: 60,
  },
  { name: 'get-16m', title: 'GET 16 MiB', connections: 8, kind: 'read', method: 'GET', from: huge },
  { name: 'list-keys', title: 'LIST, all pages', connections: 4, kind: 'list', rollsUp: false, pages: 'all' },
  { name: 'list-keys-first', title: 'LIST, first page', connections: 1, kind: 'list', rollsUp: false, pages: 'first' },
  { name: 'list-keys-last', title: 'LIST, last page', connections: 1, kind: 'list', rollsUp: false, pages: 'last' },
  { name: 'list-folders', title: 'LIST folders, all pages', connections: 4, kind: 'list', rollsUp: true, pages: 'all' },
  {
    name: 'list-folders-first',
    title: 'LIST folders, first page',
    connections: 1,
    kind: 'list',
    rollsUp: true,
    pages: 'first',
  },
  {
    name: 'list-folders-last',
    title: 'LIST folders, last page',
    connections: 1,
    kind: 'list',
    rollsUp: true,
    pages: 'last',
  },
  { name: 'delete', title: 'DELETE', connections: 32, kind: 'delete', mostPerSecond: 15_000 },
];
