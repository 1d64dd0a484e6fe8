import type { Clock } from '@org/binance-client';
import { systemClock } from '@org/flow';

/**
 * The clock of processes that receive nothing: milliseconds are enough for them, and the client, which has a finer one, is
 * half of the time that a process needs to start.
 */
export const childClock: Clock = { ...systemClock, wallUs: () => Date.now() * 1000 };
