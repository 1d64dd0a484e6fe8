import { errorFields, type Log } from './child-log.ts';

/** The part of `process` that tells of its end. */
export type EndingProcess = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/**
 * Logs why the process crashes (an exception or a rejection that nobody caught; it crashes all the same), and has
 * everything written when it ends, also by `process.exit`. Returns how to stop listening.
 */
export function keepLastWords(ending: EndingProcess, log: Log, flushLast: () => void): () => void {
  const crashed = (error: unknown, origin: string): void => {
    const stack = error instanceof Error ? { stack: error.stack } : {};
    log.error('Crashed', { origin, ...errorFields(error), ...stack });
  };
  ending.on('uncaughtExceptionMonitor', crashed);
  ending.on('exit', flushLast);
  return () => {
    ending.off('uncaughtExceptionMonitor', crashed);
    ending.off('exit', flushLast);
  };
}
