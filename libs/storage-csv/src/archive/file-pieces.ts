import type { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FileSystem } from '../file-system.ts';
import { readAt } from '../sink/read-at.ts';

/** What is read at a time, and what one gzip member holds: 64 KiB make files larger by 4 %, 4 MiB do not make them smaller. */
export const PIECE_BYTES = 1024 * 1024;

const UNPACKED_BYTES = 64 * 1024;

/** The bytes of a file as it lies there, 1 MiB at a time, each piece valid until the next is asked for. */
export async function* filePieces(fileSystem: FileSystem, path: string): AsyncGenerator<Buffer> {
  const file = await fileSystem.openExisting(path);
  try {
    const size = await file.size();
    for (let position = 0; position < size;) {
      const piece = await readAt(file, position, Math.min(PIECE_BYTES, size - position));
      if (piece.length === 0) return;
      yield piece;
      position += piece.length;
    }
  } finally {
    await file.close();
  }
}

/** The content of a packed file. Rejects when it is damaged or ends too early. */
export async function* unpackedPieces(fileSystem: FileSystem, path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  const source = Readable.from(filePieces(fileSystem, path), { highWaterMark: 1 });
  source.once('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
