import type { Clock } from '@org/binance-client';
import type { Attempt } from './finding.ts';

/** What a probe finds, or why it did not: whatever it throws, and that it takes too long, is a finding. */
export async function within<T>(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  limitMs: number,
  probe: (signal: AbortSignal) => Promise<T>,
): Promise<Attempt<T>> {
  const ending = new AbortController();
  const late = Symbol('late');
  let abortTimer: ReturnType<Clock['setTimeout']> | undefined;
  let lateTimer: ReturnType<Clock['setTimeout']> | undefined;
  try {
    const lateness = new Promise<typeof late>((resolve) => {
      abortTimer = clock.setTimeout(() => ending.abort(), limitMs);
      lateTimer = clock.setTimeout(() => resolve(late), limitMs + GRACE_MS);
    });
    const found = await Promise.race([probe(ending.signal), lateness]);
    return found === late ? { problem: `no answer within ${limitMs / 1000} s` } : { found };
  } catch (error) {
    return { problem: problemOf(error) };
  } finally {
    clock.clearTimeout(abortTimer);
    clock.clearTimeout(lateTimer);
  }
}

/** A probe that heeds its signal has so much time to say what it has found by then. */
const GRACE_MS = 500;

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
