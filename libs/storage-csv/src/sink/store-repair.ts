import { join } from 'node:path';
import type { SinkRepair } from '@org/storage';
import { parseFileName } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { planRecovery, type RecoveryPlan } from './recovery.ts';

export interface MendedStore {
  /** Files of rows that were looked at. */
  readonly fileCount: number;
  readonly repairs: readonly SinkRepair[];
}

/**
 * Looks at the end of every file of rows that is not compressed, and cuts what an earlier process left unfinished: all
 * that can be done for a store without a checkpoint.
 */
export async function mendStore(fileSystem: FileSystem, outputDir: string): Promise<MendedStore> {
  const repairs: SinkRepair[] = [];
  let fileCount = 0;
  const entries = await fileSystem.list(outputDir);
  const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => join(outputDir, name));
  for (const folder of [outputDir, ...folders.sort()]) {
    const names = (await fileSystem.list(folder)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
    for (const name of names.sort()) {
      const header = headerOfFile(name);
      if (header === undefined) continue;
      fileCount++;
      repairs.push(...(await mendFile(fileSystem, join(folder, name), header)));
    }
  }
  return { fileCount, repairs };
}

/** Undefined for what is no file of rows, or is compressed. */
function headerOfFile(name: string): string | undefined {
  const parts = parseFileName(name);
  return parts === undefined || parts.isCompressed ? undefined : fileHeader(parts.kind);
}

async function mendFile(
  fileSystem: FileSystem,
  path: string,
  header: string,
): Promise<readonly SinkRepair[]> {
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
