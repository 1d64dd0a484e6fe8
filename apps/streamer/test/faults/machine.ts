import { spawnSync } from 'node:child_process';
import { MountedDisk } from './mounted-disk.ts';

/** What a fault test needs of the machine beyond Node. */
export type Need = 'tmpfs' | 'power cuts' | 'strace';

/** Each tries it once; root alone does not say what a container lets it do. */
const TRIALS: Readonly<Record<Need, () => boolean>> = {
  tmpfs: () => isMountable(() => MountedDisk.tmpfs(64)),
  'power cuts': () =>
    isMountable(() => {
      const disk = MountedDisk.ext4(8);
      disk.cutPower('nothing-flushed');
      return disk;
    }),
  strace: () => spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0,
};

/** `it` on a machine that has what the test needs, else an `it.skip` whose name says what is missing. */
export function itNeeds(
  ...needs: readonly Need[]
): (name: string, test: () => Promise<void>, timeoutMs?: number) => void {
  const missing = needs.filter((need) => !TRIALS[need]());
  if (missing.length === 0) return it;
  return (name, test, timeoutMs) =>
    it.skip(`${name} (not here: this machine has no ${missing.join(', ')})`, test, timeoutMs);
}

function isMountable(mount: () => MountedDisk): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    mount().remove();
    return true;
  } catch {
    return false;
  }
}
