import { join } from 'node:path';
import type { SinkRepair } from '@org/storage';
import { StorageCsvError, writeError } from '../errors.ts';
import { formatFileName, type FileKind } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { planRecovery, type RecoveryPlan } from './recovery.ts';
import { Segment } from './segment.ts';

/** Files of one period that are tried until one can be continued. */
const PARTS_MAX = 100;

export interface SegmentPlace {
  /** Full path of the folder. */
  readonly folder: string;
  readonly kind: FileKind;
  readonly period: string;
}

/**
 * Opens the file where rows of a kind and period are to be appended, and creates it when there is none. A file that
 * is not ours (another header), or that is closed and compressed already, is passed by: the next part takes the rows.
 */
export async function openSegment(fileSystem: FileSystem, place: SegmentPlace): Promise<Segment> {
  const { folder, kind, period } = place;
  try {
    await fileSystem.makeFolder(folder);
    const names = new Set((await fileSystem.list(folder)).map(({ name }) => name));
    for (let part = 0; part < PARTS_MAX; part++) {
      const name = formatFileName(kind, period, part);
      const segment = names.has(`${name}.gz`)
        ? undefined
        : await openPart(fileSystem, join(folder, name), kind);
      if (segment !== undefined) return segment;
    }
  } catch (error) {
    throw writeError(folder, error);
  }
  const name = formatFileName(kind, period, 0);
  throw new StorageCsvError(
    'SEGMENT_CORRUPT',
    join(folder, name),
    `expected at most ${PARTS_MAX} parts that cannot be continued`,
  );
}

async function openPart(fileSystem: FileSystem, path: string, kind: FileKind): Promise<Segment | undefined> {
  const header = fileHeader(kind)!;
  const file = await fileSystem.open(path);
  try {
    const plan = await planRecovery(file, header);
    if (plan.action !== 'leave') {
      // The start has looked at every file; what is cut here are bytes of a batch that this process gave up.
      if (plan.action === 'cut') await file.truncate(plan.length);
      return new Segment(path, file, header, plan.length);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** Mends a file that an earlier process left behind; says what was done or found. */
export async function mendFile(fileSystem: FileSystem, path: string, kind: string): Promise<SinkRepair[]> {
  const header = fileHeader(kind);
  if (header === undefined) return [];
  const file = await fileSystem.open(path);
  try {
    const size = await file.size();
    const plan = await planRecovery(file, header);
    if (plan.action === 'cut') {
      await file.truncate(plan.length);
      await file.sync();
    }
    return repairsOf(plan, path, size);
  } finally {
    await file.close();
  }
}

function repairsOf(plan: RecoveryPlan, target: string, size: number): SinkRepair[] {
  if (plan.action === 'leave') {
    return [{ target, problem: `${plan.problem}; left as it is, new rows go to another part`, bytesCut: 0 }];
  }
  const repairs: SinkRepair[] = [];
  if (plan.action === 'cut') repairs.push({ target, problem: plan.problem, bytesCut: size - plan.length });
  if (plan.damage !== undefined) repairs.push({ target, problem: plan.damage, bytesCut: 0 });
  return repairs;
}
