import { statfs } from 'node:fs/promises';
import { bytesText, type Finding, failure, good, warning } from './finding.ts';

const mebibyte = 1024 * 1024;

/** Room for bytes and for files. */
export async function checkSpace(directory: string): Promise<Finding[]> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(directory);
  const [free, total] = [bavail * bsize, blocks * bsize];
  const found = `${bytesText(free)} of ${bytesText(total)}`;
  const findings: Finding[] = [];
  if (free < 64 * mebibyte) {
    findings.push(
      failure(
        'free space',
        found,
        'Make room: writes answer 507 or soon will. Deleting objects needs a little room too.',
      ),
    );
  } else if (free < Math.min(total / 10, 10 * 1024 * mebibyte)) {
    findings.push(warning('free space', found, 'Make room, or give the data directory a larger disk.'));
  } else findings.push(good('free space', found));
  // Some file systems have no fixed number of files and say zero.
  if (files > 0) {
    const text = `${ffree} of ${files}`;
    if (ffree < 10_000 && ffree < files / 20) {
      const advice = 'Remove files, or use a file system with more inodes: every larger object is a file.';
      findings.push(warning('free inodes', text, advice));
    } else findings.push(good('free inodes', text));
  }
  return findings;
}

const remote = 'Move the data directory to a local disk: the database needs one (LMDB does not work over a network).';
const kinds: ReadonlyMap<number, { readonly name: string; readonly make: (found: string) => Finding }> = new Map(
  Object.entries({
    26985: { name: 'NFS', make: (found: string) => failure('file system', found, remote) },
    20859: { name: 'SMB', make: (found: string) => failure('file system', found, remote) },
    4283649346: { name: 'CIFS', make: (found: string) => failure('file system', found, remote) },
    4266872130: { name: 'SMB2', make: (found: string) => failure('file system', found, remote) },
    16914839: { name: '9p', make: (found: string) => failure('file system', found, remote) },
    16914836: {
      name: 'tmpfs',
      make: (found: string) =>
        warning('file system', found, 'Everything is lost when the machine stops: use a disk unless this is a test.'),
    },
    2035054128: {
      name: 'overlayfs',
      make: (found: string) =>
        warning(
          'file system',
          found,
          'This is the inside of a container and goes with it: mount a volume for the data.',
        ),
    },
    1702057286: {
      name: 'FUSE',
      make: (found: string) =>
        warning(
          'file system',
          found,
          'Be sure that it keeps what fsync promises, and that mmap works; ext4 or XFS do.',
        ),
    },
    61267: { name: 'ext4', make: (found: string) => good('file system', found) },
    1481003842: { name: 'XFS', make: (found: string) => good('file system', found) },
    2435016766: { name: 'btrfs', make: (found: string) => good('file system', found) },
    801189825: { name: 'ZFS', make: (found: string) => good('file system', found) },
  }).map(([type, kind]) => [Number(type), kind]),
);

/** What kind of file system it is (numbers of Linux), and whether it is mounted with promises taken away. */
export async function checkFileSystem(directory: string, mountinfo: string | undefined): Promise<Finding> {
  const { type } = await statfs(directory);
  const kind = process.platform === 'linux' ? kinds.get(type >>> 0) : undefined;
  const options = mountinfo === undefined ? [] : mountOptions(mountinfo, directory);
  const lying = options.find((option) => option === 'nobarrier' || option === 'barrier=0');
  if (lying !== undefined) {
    const advice = `Remount without ${lying}: a power cut can lose or damage everything that was acknowledged.`;
    return failure('file system', `${kind?.name ?? 'mounted'} with ${lying}`, advice);
  }
  if (options.includes('ro')) return failure('file system', 'mounted read-only', 'Look into the kernel log for why.');
  return kind === undefined ? good('file system', 'of a kind not known here') : kind.make(kind.name);
}

/** The options of the mount that a path is on, from /proc/self/mountinfo (proc_pid_mountinfo(5)). */
function mountOptions(mountinfo: string, directory: string): string[] {
  let best = { point: '', options: [] as string[] };
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const separator = fields.indexOf('-');
    if (separator < 0) continue;
    const point = fields[4]!.replaceAll('\\040', ' ');
    const isAbove = point === '/' || directory === point || directory.startsWith(`${point}/`);
    // Of two mounts over one another the later one is seen.
    if (!isAbove || point.length < best.point.length) continue;
    best = { point, options: [...fields[5]!.split(','), ...(fields[separator + 3] ?? '').split(',')] };
  }
  return best.options;
}
