import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fileHeader, type Manifest } from '@org/storage-csv';
import { WriterProcess } from '../faults/writer-process.ts';
import { eventually, temporaryFolder } from '../process/recorder.ts';

const DATE = '2026-01-02';
const FILES_A_SYMBOL = ['depth', 'aggtrade', 'kline'];

export interface KillFigures {
  readonly kills: number;
  /** Lives of the writer until everything was packed. */
  readonly lives: number;
  /** Of the kills those that found a file half packed. */
  readonly inTheMiddle: number;
  readonly files: number;
}

/**
 * Files of a past day, and a writer that is told to stop and packs them before it ends; it is killed while it does, again
 * and again, or its packer is. Then it is let be, and everything must be there, packed, and the same.
 */
export async function packUnderKills({
  kills,
  symbols,
  rowsAFile,
  random,
}: {
  readonly kills: number;
  readonly symbols: readonly string[];
  readonly rowsAFile: number;
  readonly random: () => number;
}): Promise<KillFigures> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  let writer: WriterProcess | undefined;
  try {
    const written = writeDay(data, symbols, rowsAFile);
    let inTheMiddle = 0;
    let lives = 0;
    for (let kill = 0; kill < kills; kill++, lives++) {
      writer = new WriterProcess({ data, symbols });
      await writer.ready;
      void writer.stop();
      await eventually(
        () => temporaries(data, symbols).length > 0 || isPacked(data, symbols),
        () => `nothing is packed: ${writer!.log}`,
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      if (temporaries(data, symbols).length > 0) inTheMiddle++;
      if (random() < 0.5) killPackerOf(writer.pid);
      await writer.kill();
    }
    const deadlineMs = performance.now() + 60_000;
    for (; !isPacked(data, symbols) && performance.now() < deadlineMs; lives++) {
      writer = new WriterProcess({ data, symbols });
      await writer.ready;
      await writer.stop();
    }
    checkDay(data, symbols, written);
    return { kills, lives, inTheMiddle, files: written.size };
  } finally {
    await writer?.kill();
    folder.remove();
  }
}

function killPackerOf(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  for (const child of children) {
    try {
      process.kill(Number(child), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Sums by path. */
function writeDay(data: string, symbols: readonly string[], rows: number): Map<string, string> {
  const sums = new Map<string, string>();
  for (const symbol of symbols) {
    mkdirSync(join(data, symbol), { recursive: true });
    for (const kind of FILES_A_SYMBOL) {
      const columns = fileHeader(kind)!.split(',').length;
      const lines = Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) => (row * 7919 + column * 104_729) % 1_000_003).join(','),
      );
      const text = `${[fileHeader(kind), ...lines].join('\n')}\n`;
      const path = `${symbol}/${kind}_${DATE}.csv`;
      writeFileSync(join(data, path), text);
      sums.set(path, createHash('sha256').update(text).digest('hex'));
    }
  }
  return sums;
}

const namesIn = (data: string, symbol: string): string[] => readdirSync(join(data, symbol));

function temporaries(data: string, symbols: readonly string[]): string[] {
  return symbols.flatMap((symbol) => namesIn(data, symbol).filter((name) => name.endsWith('.tmp')));
}

function isPacked(data: string, symbols: readonly string[]): boolean {
  return symbols.every((symbol) => namesIn(data, symbol).every((name) => !/\.(?:csv|tmp)$/.test(name)));
}

function checkDay(data: string, symbols: readonly string[], written: ReadonlyMap<string, string>): void {
  for (const symbol of symbols) {
    const names = FILES_A_SYMBOL.flatMap((kind) => [
      `${kind}_${DATE}.csv.gz`,
      `${kind}_${DATE}.csv.gz.CHECKSUM`,
    ]);
    expect(namesIn(data, symbol).sort()).toEqual([...names, `manifest_${DATE}.json`].sort());
    const said = execFileSync('sh', ['-c', 'sha256sum -c *.CHECKSUM'], {
      cwd: join(data, symbol),
      encoding: 'utf8',
    });
    expect(said.match(/: OK$/gm)).toHaveLength(FILES_A_SYMBOL.length);
    const manifest = JSON.parse(
      readFileSync(join(data, symbol, `manifest_${DATE}.json`), 'utf8'),
    ) as Manifest;
    expect(manifest.files).toHaveLength(FILES_A_SYMBOL.length);
    for (const { name, sha256 } of manifest.files) {
      const bytes = gunzipSync(readFileSync(join(data, symbol, name)));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      expect(written.get(`${symbol}/${name.slice(0, -'.gz'.length)}`)).toBe(sha256);
    }
  }
}
