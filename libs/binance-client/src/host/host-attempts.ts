import { z } from 'zod';
import { isBinanceClientError } from '../errors.ts';
import { AttemptLimiter } from '../stream/attempt-limiter.ts';
import type { ConnectionAttempts } from '../stream/attempt-limiter.ts';
import type { HostMachine } from './host-machine.ts';
import type { SharedFile } from './shared-file.ts';
import { parseStored, storedText } from './stored-state.ts';

const attemptsSchema = z.object({ atMs: z.array(z.number()) });

/**
 * Connection attempts of all processes of a machine. While the file cannot be used, attempts go on within this
 * process's own count: a recorder that does not reconnect loses data.
 */
export class HostAttempts implements ConnectionAttempts {
  readonly #file: SharedFile;
  readonly #machine: HostMachine;
  readonly #countMax: number;
  readonly #windowMs: number;
  /** What was known last; also what this process goes on with alone. */
  #known: AttemptLimiter;
  /** Attempts that the others do not know of. */
  failures = 0;

  constructor(file: SharedFile, machine: HostMachine, countMax: number, windowMs: number) {
    this.#file = file;
    this.#machine = machine;
    this.#countMax = countMax;
    this.#windowMs = windowMs;
    this.#known = new AttemptLimiter(countMax, windowMs);
  }

  take(): number {
    const nowMs = this.#machine.nowMs();
    try {
      return this.#file.change((stored) => {
        const limiter = this.#load(stored, nowMs);
        const result = limiter.take(nowMs);
        this.#known = limiter;
        return { text: result > 0 ? undefined : storedText({ atMs: limiter.atMs }, this.#machine), result };
      });
    } catch (error) {
      if (!isBinanceClientError(error)) throw error;
      this.failures++;
      return this.#known.take(nowMs);
    }
  }

  #load(text: string | undefined, nowMs: number): AttemptLimiter {
    const stored = text === undefined ? undefined : parseStored(text, this.#machine);
    const atMs = attemptsSchema.safeParse(stored?.state).data?.atMs ?? this.#known.atMs;
    const times = atMs.map((each) => each + (stored?.shiftMs ?? 0));
    return new AttemptLimiter(
      this.#countMax,
      this.#windowMs,
      times.filter((each) => nowMs - each < this.#windowMs),
    );
  }
}
