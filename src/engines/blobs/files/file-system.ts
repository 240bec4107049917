import fs from 'node:fs';

/** A number that stands for an open file or directory. */
export type Descriptor = number;

/**
 * The system calls that the files engine makes, and no others: a test puts faults and deaths between them. Errors carry
 * the system's `code`, such as ENOENT or ENOSPC.
 */
export interface FileSystem {
  /** Makes a directory for this user alone, with its parents. One that exists is no error. */
  makeDirectory(path: string): Promise<void>;
  /** Makes a file for this user alone, and opens it for writing; EEXIST where there is one. */
  createFile(path: string): Promise<Descriptor>;
  openFile(path: string): Promise<Descriptor>;
  /**
   * Opens a file past the system's page cache: addresses, positions and lengths have to be aligned (`directAlignment`).
   * EINVAL where the file system cannot, or the operating system knows no such thing.
   */
  openDirect(path: string, access: 'read' | 'write'): Promise<Descriptor>;
  openDirectory(path: string): Promise<Descriptor>;
  /** Writes the pieces one after the other from `position` on; answers how many bytes, which may be fewer. */
  write(file: Descriptor, pieces: readonly Buffer[], position: number): Promise<number>;
  /** Fills the buffer from `position` on; answers how many bytes, which may be fewer, and zero only at the end. */
  read(file: Descriptor, buffer: Buffer, position: number): Promise<number>;
  size(file: Descriptor): Promise<number>;
  /** Resolves when the file's bytes, and what is needed to read them, are on disk. */
  syncFile(file: Descriptor): Promise<void>;
  /** Resolves when the directory's entries are on disk. */
  syncDirectory(directory: Descriptor): Promise<void>;
  close(descriptor: Descriptor): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** The names in a directory. */
  list(path: string): Promise<readonly string[]>;
  /** When the file was last written, in milliseconds since the epoch. */
  writtenAt(path: string): Promise<number>;
}

/** The calls of `node:fs` with callbacks: they cost half the processor time of its promises. */
export const nodeFileSystem: FileSystem = {
  makeDirectory: (path) => done((settle) => fs.mkdir(path, { mode: 0o700, recursive: true }, settle)),
  createFile: (path) => open(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL),
  openFile: (path) => open(path, fs.constants.O_RDONLY),
  openDirect: (path, access) => {
    const { O_DIRECT, O_RDONLY, O_WRONLY } = fs.constants;
    if (O_DIRECT === undefined) return Promise.reject(Object.assign(new Error('no O_DIRECT here'), { code: 'EINVAL' }));
    return open(path, O_DIRECT | (access === 'read' ? O_RDONLY : O_WRONLY));
  },
  openDirectory: (path) => open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY),
  write: (file, pieces, position) =>
    new Promise((resolve, reject) => {
      fs.writev(file, pieces, position, (error, count) => (error ? reject(error) : resolve(count)));
    }),
  read: (file, buffer, position) =>
    new Promise((resolve, reject) => {
      fs.read(file, buffer, 0, buffer.length, position, (error, count) => (error ? reject(error) : resolve(count)));
    }),
  size: (file) =>
    new Promise((resolve, reject) => {
      fs.fstat(file, (error, stats) => (error ? reject(error) : resolve(stats.size)));
    }),
  syncFile: (file) => done((settle) => fs.fdatasync(file, settle)),
  syncDirectory: (directory) => done((settle) => fs.fsync(directory, settle)),
  close: (descriptor) => done((settle) => fs.close(descriptor, settle)),
  removeFile: (path) => done((settle) => fs.unlink(path, settle)),
  list: (path) =>
    new Promise((resolve, reject) => {
      fs.readdir(path, (error, names) => (error ? reject(error) : resolve(names)));
    }),
  writtenAt: (path) =>
    new Promise((resolve, reject) => {
      fs.stat(path, (error, stats) => (error ? reject(error) : resolve(stats.mtimeMs)));
    }),
};

function open(path: string, flags: number): Promise<Descriptor> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o600, (error, descriptor) => (error ? reject(error) : resolve(descriptor)));
  });
}

function done(call: (settle: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}

/** Tells whether a system call failed with one of the codes. */
export function failedWith(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
