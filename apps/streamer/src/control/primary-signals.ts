import type { Log } from '../logging/child-log.ts';
import type { StopSignal } from './stop-signal.ts';

/** Whether the end of a terminal would be the end of this process. */
export function hasTerminal(): boolean {
  return process.stdout.isTTY || process.stderr.isTTY;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * What signals mean to the primary: SIGINT and SIGTERM stop. SIGHUP is the end of the terminal where there is one, and
 * stops; without one it is the operator's word for a new configuration.
 */
export class PrimarySignals {
  readonly #stop: StopSignal;
  readonly #log: Log;
  #reload: (() => void) | undefined;
  #isReloadWanted = false;

  constructor(stop: StopSignal, log: Log) {
    this.#stop = stop;
    this.#log = log;
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onStop);
    process.on('SIGHUP', this.#onHangUp);
  }

  /** Called from now on when a new configuration is to be read, and at once when that was asked for already. */
  onReload(reload: () => void): void {
    this.#reload = reload;
    if (this.#isReloadWanted) reload();
  }

  close(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onStop);
    process.off('SIGHUP', this.#onHangUp);
  }

  readonly #onStop = (signal: string): void => {
    this.#log.info('SignalReceived', { signal });
    this.#stop.request(signal);
  };

  readonly #onHangUp = (): void => {
    if (hasTerminal()) return this.#onStop('SIGHUP');
    this.#log.info('SignalReceived', { signal: 'SIGHUP' });
    if (this.#reload === undefined) this.#isReloadWanted = true;
    else this.#reload();
  };
}
