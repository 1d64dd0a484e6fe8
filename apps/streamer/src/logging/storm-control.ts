import type { Clock, ClockTimer } from '@org/binance-client';
import type { LogFields, LogLevel } from './child-log.ts';
import { STORM_LIMITS, StormGate, type StormLimits } from './storm-gate.ts';

export interface StormControlOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  readonly limits?: StormLimits;
  readonly write: (level: LogLevel, event: string, fields: LogFields) => void;
}

/** The line that stands for those that were not written: `event`, `count`, and the `stream` when it was one. */
export const SUPPRESSED = 'Suppressed';

/** Of texts that are no event: so much of them tells one from another. */
const KIND_MAX = 80;

/** The lines of one source, with storms cut to their first lines and a count at the end of each window. */
export class StormControl {
  readonly #options: StormControlOptions;
  readonly #gate: StormGate;
  readonly #windowMs: number;
  #timer: ClockTimer | undefined;
  /** Lines that were counted instead of written. */
  suppressed = 0;

  constructor(options: StormControlOptions) {
    this.#options = options;
    const limits = options.limits ?? STORM_LIMITS;
    this.#gate = new StormGate(limits);
    this.#windowMs = limits.windowMs;
  }

  log(level: LogLevel, event: string, fields: LogFields): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs >= (this.#gate.endsAtMs ?? Infinity)) this.flush();
    if (this.#gate.admits({ level, event: kindOf(event), subject: subjectOf(fields) }, nowMs))
      return this.#options.write(level, event, fields);
    this.suppressed++;
    const waitMs = (this.#gate.endsAtMs ?? nowMs) - nowMs;
    this.#timer ??= this.#options.clock.setTimeout(() => this.flush(), waitMs);
  }

  /** Ends the window now: what it kept back is told. */
  flush(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { level, event, count, subject } of this.#gate.end()) {
      const about = subject ? { stream: subject } : {};
      this.#options.write(level, SUPPRESSED, { event, count, ...about, windowMs: this.#windowMs });
    }
  }
}

/** Lines that differ in numbers only are one event: a stack trace or a warning of Node is no event of ours. */
function kindOf(event: string): string {
  return event.slice(0, KIND_MAX).replaceAll(/\d+/g, '0');
}

function subjectOf({ stream, symbol }: LogFields): string {
  const subject = stream ?? symbol;
  return typeof subject === 'string' ? subject : '';
}
