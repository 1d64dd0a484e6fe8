import { spawnSync } from 'node:child_process';

/**
 * How V8 keeps house in the children, measured with Node 20.20 (2026-11, docs/performance.md).
 *
 * Young objects get 8 MiB to die in, from the start: with the 1 MiB that V8 begins with, chunks of the sockets outlive
 * it, and the marking of old memory that follows was half of a busy worker's time. And their small heaps, beside which
 * megabytes of frames and batches pass, may grow sevenfold before old memory is marked, instead of by 8 MiB: a third of
 * the time of a worker whose streams are quiet.
 */
const HOUSEKEEPING = ['--min-semi-space-size=8', '--heap-growing-percent=600'];

/** Whether Node starts with these flags. */
export type NodeTrial = (flags: readonly string[]) => boolean;

/**
 * The flags that children are started with. They are V8's, which may drop them; a Node that does not know one of them
 * would start no child at all, so each must prove itself. Takes some milliseconds where all do.
 */
export function childNodeFlags(trial: NodeTrial = startsWith): readonly string[] {
  return trial(HOUSEKEEPING) ? HOUSEKEEPING : HOUSEKEEPING.filter((flag) => trial([flag]));
}

function startsWith(flags: readonly string[]): boolean {
  return spawnSync(process.execPath, [...flags, '--version'], { stdio: 'ignore' }).status === 0;
}
