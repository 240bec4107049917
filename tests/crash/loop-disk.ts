import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An ext4 file system of its own whose power can be cut. */
export interface LoopDisk {
  readonly directory: string;
  /** From now on nothing reaches the disk any more, and what was written and not synced never will. */
  cutPower(): Promise<void>;
  /** Mounts it again as after a start of the machine: the journal is replayed. Nobody may use it any more. */
  restorePower(): Promise<void>;
}

/**
 * EXT4_IOC_SHUTDOWN, that is _IOR('X', 125, __u32), with EXT4_GOING_FLAGS_NOLOGFLUSH: nothing is flushed, the journal
 * not either. Node.js has no ioctl; Perl is part of nearly every Linux.
 */
const shutDown = `use Fcntl;
sysopen(my $directory, $ARGV[0], O_RDONLY) or die "open: $!";
my $flags = pack('L', 2);
ioctl($directory, 0x8004587D, $flags) or die "ioctl: $!";`;

const bytes = 1024 * 1024 * 1024;

/** Makes one in a file, or says why this machine has none to give. Needs root, and leaves nothing after the test. */
export async function loopDisk(t: TestContext): Promise<LoopDisk | string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs root on Linux';
  const directory = await mkdtemp(join(tmpdir(), 'cairn-disk-'));
  const undoings = [() => rm(directory, { recursive: true })];
  t.after(async () => {
    for (const undo of undoings.reverse()) await undo();
  });
  const image = join(directory, 'disk.img');
  const mountPoint = join(directory, 'mounted');
  await mkdir(mountPoint);
  const file = await open(image, 'w');
  await file.truncate(bytes);
  await file.close();
  let device: string;
  try {
    await run('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=1', image]);
    device = (await run('losetup', ['--find', '--show', image])).stdout.trim();
  } catch (error) {
    return `no loop device: ${(error as Error).message}`;
  }
  let isMounted = false;
  const mount = async () => {
    await run('mount', ['-t', 'ext4', device, mountPoint]);
    isMounted = true;
  };
  const unmount = async () => {
    if (isMounted) await run('umount', [mountPoint]);
    isMounted = false;
  };
  undoings.push(async () => {
    await unmount();
    await run('losetup', ['--detach', device]);
  });
  try {
    await mount();
    await run('perl', ['-e', '1']);
  } catch (error) {
    return `no ext4 with a switch: ${(error as Error).message}`;
  }
  return {
    directory: mountPoint,
    cutPower: async () => {
      await run('perl', ['-e', shutDown, mountPoint]);
    },
    async restorePower() {
      await unmount();
      await mount();
    },
  };
}
