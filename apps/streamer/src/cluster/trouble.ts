import type { Clock } from '@org/binance-client';
import { errorFields, type Log } from '../logging/child-log.ts';
import { loggableText } from '../logging/loggable.ts';

/** What waits for a server says so at least this often. */
const QUIET_MS = 10_000;

/** What went wrong last with the servers, while nothing has gone right since. The same is logged once. */
export class Trouble {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #problem: string | undefined;
  #metAtMs = 0;
  #progress = 0;

  constructor(log: Log, clock: Pick<Clock, 'nowMs'>) {
    this.#log = log;
    this.#clock = clock;
  }

  met(event: string, error: unknown): void {
    const problem = loggableText(error instanceof Error ? error.message : String(error));
    if (problem !== this.#problem) this.#log.warn(event, errorFields(error));
    this.#problem = problem;
    this.#metAtMs = this.#clock.nowMs();
  }

  /** `progress` counts what went right. */
  problem(progress: number): string | undefined {
    const isOver = progress > this.#progress || this.#clock.nowMs() - this.#metAtMs > QUIET_MS;
    if (isOver) this.#problem = undefined;
    this.#progress = progress;
    return this.#problem;
  }
}
