import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessFigures } from '../control/messages.ts';
import { DurationBuckets, LOOP_LAG_BOUNDS_MS } from './duration-buckets.ts';

/** How often the event loop is looked at: twenty looks a second are not to be seen in the CPU time of a process. */
const LOOK_INTERVAL_MS = 50;

/** What this process costs, and how late its event loop comes round. */
export class ProcessMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: LOOK_INTERVAL_MS });
  readonly #lag = new DurationBuckets(LOOP_LAG_BOUNDS_MS);

  constructor() {
    this.#delay.enable();
  }

  /** Since the process began; the worst lag since the call before counts as one duration. */
  figures(): ProcessFigures {
    // Delays are measured from look to look, so the interval is in them.
    if (this.#delay.count > 0) this.#lag.observe(Math.max(0, this.#delay.max / 1e6 - LOOK_INTERVAL_MS));
    this.#delay.reset();
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, loopLag: this.#lag.counts() };
  }

  stop(): void {
    this.#delay.disable();
  }
}
