import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { parseFileName, Periods } from '@org/storage-csv';
import { run } from '../process/recorder.ts';
import type { NodeProcess } from './node-process.ts';
import { filesIn } from './put-together.ts';

/** A stop packs for three seconds; on a slow machine what is left is for the next one. */
const STOPS_MAX = 4;

/**
 * Stops writers that have nothing to write any more, and tells which files of past periods are not packed. Where none was
 * packed, for all rows are of the present period, they are started and stopped once more when that is over.
 */
export async function stopPacked(
  writers: readonly NodeProcess[],
  rotationMs: number,
): Promise<{ readonly exitCodes: readonly (number | null)[]; readonly unpacked: readonly string[] }> {
  const exitCodes: (number | null)[] = [];
  for (let stops = 1; ; stops++) {
    const stoppedAtMs = Date.now();
    exitCodes.push(...(await Promise.all(writers.map((node) => node.stop()))));
    const unpacked = writers.flatMap(({ data }) => unpackedFiles(data, rotationMs, stoppedAtMs));
    const isPacked = writers.some(({ data }) => filesIn(data).some((path) => path.endsWith('.gz')));
    if ((unpacked.length === 0 && isPacked) || stops === STOPS_MAX) return { exitCodes, unpacked };
    if (!isPacked) await sleep(rotationMs - (Date.now() % rotationMs));
    for (const node of writers) node.start();
    for (const node of writers)
      await node.statusWhen(({ cluster }) => cluster?.writer?.unsettled.length === 0);
  }
}

function unpackedFiles(data: string, rotationMs: number, atMs: number): string[] {
  const periods = new Periods(rotationMs);
  return filesIn(data).filter((path) => {
    const name = parseFileName(basename(path));
    if (name === undefined || name.isCompressed || statSync(join(data, path)).size === 0) return false;
    return periods.endUs(name.period) <= atMs * 1000;
  });
}

/** Throws where a checksum or a manifest does not fit its files; rows that other writers have are not missed. */
export async function requireSealed(data: string): Promise<void> {
  const { stdout } = await run('inspector', ['verify', '--data-dir', data, '--no-progress']);
  const wrong = stdout.split('\n').filter((line) => /MANIFEST|CHECKSUM|FILE_MISSING|DAMAGED/.test(line));
  if (wrong.length > 0) throw new Error(`${data}: ${wrong.join('\n')}`);
}

/** Unpacks every file where it is, and returns how many there were. */
export function unpackAll(data: string): number {
  const packed = filesIn(data).filter((path) => path.endsWith('.gz'));
  for (const path of packed) {
    const whole = join(data, path);
    writeFileSync(whole.slice(0, -'.gz'.length), gunzipSync(readFileSync(whole)));
    rmSync(whole);
  }
  return packed.length;
}
