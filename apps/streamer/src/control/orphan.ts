import { LocalVisitor } from '@org/flow';
import { type ChildControl, childControl, type ChildControlHandlers } from '@org/supervision';
import { setChildLogLevel } from '../logging/child-log.ts';
import type { PrimaryMessage } from './messages.ts';
import type { Task } from './task.ts';

/** What a child without a primary says to the next one. */
export interface OrphanHello {
  readonly id: string;
  readonly role: Task['role'];
  readonly pid: number;
}

/** The answer, when its work is in other hands. */
export interface OrphanOrder {
  readonly type: 'leave';
}

/** The writer is there until the workers have brought their last batches. */
const WRITER_EXTRA_MS = 10_000;

/**
 * The child's side of supervision. A child whose primary was killed goes on with its work, looks for the next primary,
 * and leaves when that says so, or after `general.orphan_timeout`.
 */
export function openChildControl(task: Task, handlers: Omit<ChildControlHandlers, 'orphaned'>): ChildControl {
  let visitor: LocalVisitor | undefined;
  const orphanTimeoutMs = task.config.general.orphanTimeoutMs;
  const control = childControl(
    {
      ...handlers,
      message: (message) => {
        const order = message as PrimaryMessage;
        if (order.type === 'settings') setChildLogLevel(order.settings.logLevel);
        handlers.message?.(message);
      },
      stop: async () => {
        await handlers.stop();
        await visitor?.close();
      },
      orphaned: () => {
        visitor = visitNextPrimary(task, () => control.leave());
      },
    },
    {
      orphanExitMs: orphanExitMs(task, orphanTimeoutMs),
      // The primary decides what it means: the end, or a new configuration.
      ignoredSignals: ['SIGHUP'],
    },
  );
  return control;
}

/** What these have is in a journal: they go at once, so that a store never has two. */
const LEAVE_AT_ONCE: ReadonlySet<Task['role']> = new Set([
  'sink',
  'forwarder',
  'partition-writer',
  'partition-follower',
]);

function orphanExitMs({ role, config }: Task, orphanTimeoutMs: number): number {
  // Where only books are kept nothing is recorded that would have to go on.
  if (LEAVE_AT_ONCE.has(role) || config.cluster.role === 'order-book') return 0;
  return role === 'writer' ? orphanTimeoutMs + WRITER_EXTRA_MS : orphanTimeoutMs;
}

function visitNextPrimary(task: Task, leave: () => void): LocalVisitor {
  const hello: OrphanHello = { id: task.id, role: task.role, pid: process.pid };
  const visitor = new LocalVisitor({
    socketPath: task.doorSocket,
    hello,
    handlers: {
      message: (order) => {
        if ((order as Partial<OrphanOrder>).type === 'leave') leave();
      },
    },
  });
  visitor.start();
  return visitor;
}
