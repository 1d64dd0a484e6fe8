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
    case 'worker':
      (await import('./worker.ts')).runWorker(task);
  }
}

function exitCodeOf(error: unknown): number {
  switch ((error as { code?: unknown }).code) {
    case 'SOCKET_IN_USE':
      return EXIT.alreadyRunning;
    case 'OUTPUT_NOT_WRITABLE':
      return EXIT.outputNotWritable;
    default:
      return EXIT.failed;
  }
}
