import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a power cut leaves: `journal-flushed` has the file system's own journal written, but not the data. */
export type PowerCut = 'nothing-flushed' | 'journal-flushed';

/** EXT4_IOC_SHUTDOWN and its flags (linux/fs/ext4/ext4.h, seen 2026-11). */
const SHUTDOWN = 0x8004587d;
const FLAGS: Readonly<Record<PowerCut, number>> = { 'nothing-flushed': 2, 'journal-flushed': 1 };
const IOCTL = `open(F, "<", $ARGV[0]) or die $!; my $flag = pack("L", $ARGV[1]); defined ioctl(F, ${SHUTDOWN}, $flag) or die $!`;

const MIB = 1024 * 1024;
const mounted = new Set<MountedDisk>();

/** For `afterEach`: whatever a test has left mounted is gone. */
export function removeDisks(): void {
  for (const disk of mounted) disk.remove();
}

/** A small disk of its own: it can be filled, and an ext4 one can lose its power. */
export class MountedDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Around it, on another disk, and gone with it. */
  readonly folder: string;
  readonly #mount: readonly string[];
  #isMounted = false;

  private constructor(folder: string, mount: readonly string[]) {
    this.folder = folder;
    this.path = join(folder, 'disk');
    this.#mount = mount;
    mkdirSync(this.path);
    mounted.add(this);
    this.#attach();
  }

  static tmpfs(sizeKib: number): MountedDisk {
    return new MountedDisk(newFolder(), ['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'none']);
  }

  static ext4(sizeMib: number): MountedDisk {
    const folder = newFolder();
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, sizeMib * MIB);
    command('mkfs.ext4', '-q', '-F', image);
    return new MountedDisk(folder, ['-o', 'loop', image]);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Writes ballast until nothing fits any more. */
  fill(): void {
    const file = openSync(join(this.path, 'ballast'), 'a');
    try {
      for (let bytes = MIB; bytes >= 1; bytes = Math.floor(bytes / 4))
        writeUntilFull(file, Buffer.alloc(bytes, 1));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
  }

  /** From here on nothing reaches the disk, and what was not on it is gone when it is mounted again. */
  cutPower(how: PowerCut): void {
    command('perl', '-e', IOCTL, this.path, String(FLAGS[how]));
  }

  /** Power is back: the file system mends itself from its journal. Nobody may have a file open any more. */
  mountAgain(): void {
    this.#detach();
    this.#attach();
  }

  remove(): void {
    mounted.delete(this);
    try {
      this.#detach();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  #attach(): void {
    command('mount', ...this.#mount, this.path);
    this.#isMounted = true;
  }

  #detach(): void {
    if (!this.#isMounted) return;
    try {
      command('umount', this.path);
    } catch {
      // Somebody is still there; the name goes at once, the disk with the last of them.
      command('umount', '-l', this.path);
    }
    this.#isMounted = false;
  }
}

/** Memory, where there is room: what these tests measure is not the device below the loop device. */
function newFolder(): string {
  const { bavail, bsize } = roomOf('/dev/shm');
  return mkdtempSync(join(bavail * bsize > 2048 * MIB ? '/dev/shm' : tmpdir(), 'recorder-disk-'));
}

function roomOf(folder: string): { bavail: number; bsize: number } {
  try {
    return statfsSync(folder);
  } catch {
    return { bavail: 0, bsize: 0 };
  }
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    while (writeSync(file, bytes) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  fsyncSync(file);
}

function command(name: string, ...args: string[]): void {
  execFileSync(name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
