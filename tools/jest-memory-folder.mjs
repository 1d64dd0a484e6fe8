import { accessSync, constants, statfsSync } from 'node:fs';

const MEMORY_FOLDER = '/dev/shm';
const TMPFS_MAGIC = 0x01021994;
const ROOM_BYTES_MIN = 2 * 1024 ** 3;

/**
 * Temporary folders of tests lie in memory where there is room: thousands of syncs would wait for a device that others use
 * too. What a device does to a sync is tested by the tests that delay it, refuse it, or cut the power of a disk of their
 * own. A TMPDIR that is set is kept, so `TMPDIR=/tmp npm test` runs everything on the disk.
 */
export default function chooseTemporaryFolder() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = MEMORY_FOLDER;
}

function hasRoom() {
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK | constants.X_OK);
    const { type, bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return type === TMPFS_MAGIC && bavail * bsize >= ROOM_BYTES_MIN;
  } catch {
    return false;
  }
}
