import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-table.ts';

/** The flags of `serve`, as they were given. */
export interface ServeFlags {
  readonly config?: string;
  readonly symbols?: string;
  readonly duration?: string;
  readonly outputDir?: string;
}

/** What a recorder says of itself in the PID file of its output folder. */
export interface PidEntry extends ProcessIdentity {
  /** Where it answers HTTP; absent before it does. */
  readonly url?: string;
  /** Version of the recorder. */
  readonly version: string;
  /** Whether `start` started it, and `restart` may do so again. */
  readonly isDetached: boolean;
  /** Whether SIGHUP makes it reload; in a terminal it ends it. */
  readonly canReload: boolean;
  /** The working directory that its relative paths start from. */
  readonly cwd: string;
  readonly flags: ServeFlags;
}

/** A PID file, and who wrote it. */
export interface PidFile {
  readonly entry: PidEntry;
  /** Numeric id of the user. */
  readonly writer: number;
}

/** An entry is some hundred bytes; more than this is no PID file. */
const BYTES_MAX = 16_384;
const TEXT_MAX = 4096;
const PID_MAX = 2 ** 22;

export function pidFilePath(outputPath: string): string {
  return join(outputPath, '.streamer.pid');
}

/** Replaces the file as a whole; only whoever holds the folder does. Throws the system's error. */
export function writePidFile(outputPath: string, entry: PidEntry): void {
  const path = pidFilePath(outputPath);
  const temporary = `${path}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(entry)}\n`, { mode: 0o644 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Undefined when there is none, or none that can be read; 'damaged' when it is not what a recorder writes. */
export function readPidFile(outputPath: string): PidFile | 'damaged' | undefined {
  let descriptor: number;
  try {
    // A link or a pipe that somebody put there is not followed and not waited for.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    descriptor = openSync(pidFilePath(outputPath), flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ELOOP' || code === 'ENXIO' ? 'damaged' : undefined;
  }
  try {
    const { uid } = fstatSync(descriptor);
    const bytes = new Uint8Array(BYTES_MAX + 1);
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    const entry =
      length > BYTES_MAX ? undefined : parsePidEntry(new TextDecoder().decode(bytes.subarray(0, length)));
    return entry === undefined ? 'damaged' : { entry, writer: uid };
  } catch {
    return 'damaged';
  } finally {
    closeSync(descriptor);
  }
}

/** Removes the file if it is that of this process. Throws nothing: what stays is recognised as stale. */
export function removePidFile(outputPath: string, own: ProcessIdentity): void {
  const found = readPidFile(outputPath);
  if (found === undefined || found === 'damaged') return;
  const { pid, startTicks } = found.entry;
  if (pid === own.pid && startTicks === own.startTicks) rmSync(pidFilePath(outputPath), { force: true });
}

/** Undefined for any text that is not the whole of an entry. */
export function parsePidEntry(text: string): PidEntry | undefined {
  const value = objectOf(text);
  if (value === undefined) return undefined;
  const { pid, startTicks, bootId, url, version, isDetached, canReload, cwd, flags } = value;
  if (!Number.isInteger(pid) || (pid as number) < 1 || (pid as number) > PID_MAX) return undefined;
  if (typeof startTicks !== 'string' || !/^\d{1,20}$/.test(startTicks)) return undefined;
  if (typeof bootId !== 'string' || !/^[0-9a-f-]{36}$/.test(bootId)) return undefined;
  if (!isText(version) || !isText(cwd)) return undefined;
  if (typeof isDetached !== 'boolean' || typeof canReload !== 'boolean') return undefined;
  if (url !== undefined && !isAddress(url)) return undefined;
  const known = flagsOf(flags);
  if (known === undefined) return undefined;
  const rest = { startTicks, bootId, version, isDetached, canReload, cwd, flags: known };
  return { pid: pid as number, ...rest, ...(url === undefined ? {} : { url }) };
}

const FLAGS = ['config', 'symbols', 'duration', 'outputDir'] as const;

function flagsOf(value: unknown): ServeFlags | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = FLAGS.flatMap((name) => {
    const flag = (value as Record<string, unknown>)[name];
    return flag === undefined ? [] : [[name, flag] as const];
  });
  return given.every(([, flag]) => isText(flag)) ? Object.fromEntries(given) : undefined;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_MAX;
}

function isAddress(value: unknown): value is string {
  return isText(value) && URL.canParse(value) && new URL(value).protocol === 'http:';
}
