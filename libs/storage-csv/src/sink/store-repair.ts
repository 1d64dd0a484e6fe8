import type { SinkRepair } from '@org/storage';
import type { FileSystem } from '../file-system.ts';
import { planRecovery, type RecoveryPlan } from './recovery.ts';
import { rowFiles } from './stored-rows.ts';

/**
 * Looks at the end of every file of rows that is not compressed, and cuts what an earlier process left unfinished: all
 * that can be done for a store without a checkpoint.
 */
export async function mendStore(fileSystem: FileSystem, outputDir: string): Promise<readonly SinkRepair[]> {
  const repairs: SinkRepair[] = [];
  for await (const { path, header, isCompressed } of rowFiles(fileSystem, outputDir)) {
    if (!isCompressed) repairs.push(...(await mendFile(fileSystem, path, header)));
  }
  return repairs;
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
