import { closeSync, openSync, readSync } from 'node:fs';

/** Larger files are no configuration. */
export const CONFIG_BYTES_MAX = 256 * 1024;

/**
 * Reads a file up to `bytesMax` bytes; throws what the file system throws. It reads instead of asking for the size,
 * so that pipes and devices are bounded too.
 */
export type ReadFileHead = (path: string, bytesMax: number) => Uint8Array;

export const readFileHead: ReadFileHead = (path, bytesMax) => {
  const file = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(bytesMax);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytesMax; length += read) {
      read = readSync(file, buffer, length, bytesMax - length, null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
};

/** The outcome of reading a file; `expected` and `was` are the words of the issue. */
export type ConfigFileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing'; readonly cause: unknown }
  | {
      readonly kind: 'unreadable';
      readonly expected: string;
      readonly was: string;
      readonly cause?: unknown;
    };

export function readConfigFile(path: string, read: ReadFileHead): ConfigFileText {
  try {
    return decodeConfig(read(path, CONFIG_BYTES_MAX + 1));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', cause };
    return { kind: 'unreadable', expected: 'a file that can be read', was: code, cause };
  }
}

/** Bytes → text, where they are few enough and UTF-8. */
export function decodeConfig(bytes: Uint8Array): ConfigFileText {
  if (bytes.length > CONFIG_BYTES_MAX) {
    return { kind: 'unreadable', expected: `at most ${CONFIG_BYTES_MAX} bytes`, was: 'larger' };
  }
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    return { kind: 'unreadable', expected: 'UTF-8 text', was: 'something else', cause };
  }
}
