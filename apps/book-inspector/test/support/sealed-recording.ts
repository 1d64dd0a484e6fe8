import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Packs plain text as closed files are packed: several members behind each other. */
export function pack(raw: Buffer): Buffer {
  const half = Math.floor(raw.length / 2);
  return Buffer.concat([gzipSync(raw.subarray(0, half)), gzipSync(raw.subarray(half))]);
}

/** Closes the files of a day in a symbol's folder: packed with CHECKSUM files, and one manifest. */
export function sealDay(folder: string, date: string, compression: 'gzip' | 'none' = 'gzip'): void {
  const names = readdirSync(folder).filter((name) => name.endsWith(`_${date}.csv`));
  const files = names.map((name) => {
    const raw = readFileSync(join(folder, name));
    const bytes = compression === 'gzip' ? pack(raw) : raw;
    const stored = compression === 'gzip' ? `${name}.gz` : name;
    if (compression === 'gzip') rmSync(join(folder, name));
    writeFileSync(join(folder, stored), bytes);
    writeFileSync(join(folder, `${stored}.CHECKSUM`), `${sha256(bytes)}  ${stored}\n`);
    const rows = raw.toString().split('\n').length - 2;
    return { name: stored, kind: name.split('_')[0], rows, rawBytes: raw.length, bytes: bytes.length, rawSha256: sha256(raw), sha256: sha256(bytes) }; // prettier-ignore
  });
  const gaps = files
    .filter(({ kind }) => kind === 'gaps')
    .flatMap(({ rows }) => Array.from({ length: rows }, () => ({})));
  const manifest = { version: 1, symbol: folder.split('/').at(-1), date, recorder: '0.1.0', files, gaps };
  writeFileSync(join(folder, `manifest_${date}.json`), JSON.stringify(manifest));
}
