import type { Clock } from '../clock.ts';
import { BinanceClientError } from '../errors.ts';

/** Resolves after `delayMs`; rejects with `REQUEST_ABORTED` when the signal comes first. */
export function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clock.clearTimeout(timer);
      reject(
        new BinanceClientError('REQUEST_ABORTED', 'request: aborted before it was repeated', {
          cause: signal.reason,
        }),
      );
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
