/**
 * A machine that has recorded for hours has no free memory left: its page cache holds files, and what is written takes the
 * place of what was read long ago. A machine that was just started gives fresh memory instead, which under a hypervisor that
 * takes free memory back costs several times as much. This makes the first out of the second.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';

const PIECE = Buffer.alloc(16 * 1024 * 1024);
/** Linux begins to reclaim at about this. */
const FREE_BYTES = 300e6;

/** Reads a file of holes, in `folder`, until nearly all free memory holds it. */
export function fillPageCache(folder) {
  const file = openSync(path.join(folder, 'holes'), 'w+');
  for (let size = 0; freeBytes() > FREE_BYTES; size += PIECE.length) {
    ftruncateSync(file, size + PIECE.length);
    readSync(file, PIECE, 0, PIECE.length, size);
  }
  closeSync(file);
}

function freeBytes() {
  return Number(/^MemFree:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))[1]) * 1024;
}
