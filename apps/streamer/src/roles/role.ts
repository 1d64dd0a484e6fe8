import type { Task } from '../control/task.ts';
import { EXIT } from '../control/exit-codes.ts';
import { childLog, errorFields } from '../logging/child-log.ts';

/** Runs this process as the child that the task describes. */
export async function runRole(task: Task): Promise<void> {
  try {
    await start(task);
  } catch (error) {
    childLog('error').error('RoleFailed', { role: task.role, ...errorFields(error) });
    process.exit(exitCodeOf(error));
  }
}

async function start(task: Task): Promise<void> {
  switch (task.role) {
    case 'writer':
      return (await import('./writer.ts')).runWriter(task);
    case 'order-book':
      (await import('./order-book.ts')).runOrderBook(task);
      return;
    case 'sink':
      (await import('./sink.ts')).runSink(task);
      return;
    case 'forwarder':
      return (await import('./forwarder.ts')).runForwarder(task);
    case 'partition-writer':
      return (await import('./partition-writer.ts')).runPartitionWriter(task);
    case 'partition-follower':
      return (await import('./partition-follower.ts')).runPartitionFollower(task);
    case 'worker':
      (await import('./worker.ts')).runWorker(task);
  }
}

/** What no repetition mends; anything else may pass, and a child that is started anew looks again. */
const FORBIDDEN: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

function exitCodeOf(error: unknown): number {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  const isForbidden = code === 'OUTPUT_NOT_WRITABLE' && FORBIDDEN.has(cause?.code);
  return isForbidden ? EXIT.outputNotWritable : EXIT.failed;
}
