import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import { StorageCsvError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system.ts';
import { filePieces, unpackedPieces } from './file-pieces.ts';
import { RowFactsGatherer, type RowFacts } from './row-facts.ts';
import { inTemporary, writeAt } from './write-whole.ts';

const gzip = promisify(gzipWithCallback);
/** Of a recording of BTCUSDT depth (ADR 0008): 168 MB a second of CPU; level 1 makes files a quarter larger, 9 a twentieth smaller. */
const LEVEL = 6;

export interface PackOptions {
  readonly fileSystem: FileSystem;
  /** Tells this packer's temporary files from those of others: 1 to 64 letters, digits, `_`, `-`. */
  readonly token: string;
  readonly signal?: AbortSignal;
}

/** A file as it lies on the disk. */
export interface StoredBytes {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface PackedFacts {
  readonly facts: RowFacts;
  readonly packed: StoredBytes;
}

/**
 * Packs a file that gets no rows any more into `gzPath`, as gzip members of 1 MiB each: a file that is cut can be read up
 * to there. The source stays. Memory is bounded by some such pieces.
 */
export async function packFile(
  source: string,
  gzPath: string,
  kind: string,
  options: PackOptions,
): Promise<PackedFacts> {
  const { fileSystem, token } = options;
  const facts = new RowFactsGatherer(source, kind);
  return inTemporary(fileSystem, gzPath, token, async (file) => {
    const packed = await writeMembers(source, file, facts, options);
    const gathered = facts.end();
    await checkLength(fileSystem, source, gathered.bytes);
    return { facts: gathered, packed };
  });
}

async function writeMembers(
  source: string,
  file: OpenFile,
  facts: RowFactsGatherer,
  { fileSystem, signal }: PackOptions,
): Promise<StoredBytes> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of filePieces(fileSystem, source)) {
    signal?.throwIfAborted();
    // A thread of its own packs while this one counts.
    const packing = gzip(piece, { level: LEVEL });
    facts.feed(piece);
    const member = await packing;
    hash.update(member);
    await writeAt(file, bytes, member);
    bytes += member.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The facts of a file that is not packed. */
export async function plainFacts(source: string, kind: string, options: PackOptions): Promise<RowFacts> {
  return gather(source, kind, filePieces(options.fileSystem, source), options);
}

/** The facts of a packed file. Rejects with `SEGMENT_CORRUPT` when it cannot be unpacked as a whole. */
export async function packedFacts(gzPath: string, kind: string, options: PackOptions): Promise<PackedFacts> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of filePieces(options.fileSystem, gzPath)) {
    hash.update(piece);
    bytes += piece.length;
  }
  try {
    const facts = await gather(gzPath, kind, unpackedPieces(options.fileSystem, gzPath), options);
    return { facts, packed: { bytes, sha256: hash.digest('hex') } };
  } catch (cause) {
    if (!String((cause as NodeJS.ErrnoException).code).startsWith('Z_')) throw cause;
    throw new StorageCsvError('SEGMENT_CORRUPT', gzPath, 'expected whole gzip data, was damaged', { cause });
  }
}

async function gather(
  path: string,
  kind: string,
  pieces: AsyncIterable<Buffer>,
  { signal }: PackOptions,
): Promise<RowFacts> {
  const facts = new RowFactsGatherer(path, kind);
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    facts.feed(piece);
  }
  return facts.end();
}

/** Rejects with `SEGMENT_CORRUPT` when a file is not as long as it was when it was read. */
export async function checkLength(fileSystem: FileSystem, path: string, expected: number): Promise<void> {
  const file = await fileSystem.openExisting(path);
  try {
    const size = await file.size();
    if (size === expected) return;
    const problem = `expected ${expected} bytes, was ${size}: something writes into a closed file`;
    throw new StorageCsvError('SEGMENT_CORRUPT', path, problem);
  } finally {
    await file.close();
  }
}
