import { createReadStream, createWriteStream } from 'node:fs';
import { constants, copyFile, open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const LF = 0x0a;
const LOOK_BYTES = 64 * 1024;

/**
 * A plain copy of a CSV file up to its last line end, for a file to which rows still come or whose last row was not
 * finished. It costs nothing on a file system that can share blocks.
 */
export async function copyWholeLines(source: string, isCompressed: boolean, copy: string): Promise<void> {
  if (isCompressed) await pipeline(createReadStream(source), createGunzip(), createWriteStream(copy));
  else await copyFile(source, copy, constants.COPYFILE_FICLONE);
  const file = await open(copy, 'r+');
  try {
    await file.truncate(await endOfLastLine(file));
  } finally {
    await file.close();
  }
}

async function endOfLastLine(file: FileHandle): Promise<number> {
  const piece = Buffer.alloc(LOOK_BYTES);
  for (let end = (await file.stat()).size; end > 0;) {
    const start = Math.max(0, end - LOOK_BYTES);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(LF);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Reads a gzip file to its end; rejects when it is damaged or was cut, which DuckDB does not notice. */
export async function checkGzip(path: string, signal?: AbortSignal): Promise<void> {
  // Somebody must read to the end: the error of a file that was cut comes behind its last byte.
  const readAll = async (pieces: AsyncIterable<unknown>): Promise<void> => {
    for await (const piece of pieces) void piece;
  };
  await pipeline(createReadStream(path), createGunzip({ chunkSize: LOOK_BYTES }), readAll, { signal });
}
