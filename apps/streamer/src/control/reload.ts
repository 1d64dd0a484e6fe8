import { isDeepStrictEqual } from 'node:util';
import type { StreamerConfig } from '@org/config';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import { mergeReload } from './reload-keys.ts';
import type { ChosenSymbols } from './universe/symbol-desk.ts';

export interface ReloadOptions {
  /** Reads the configuration again; throws what is wrong with it. */
  readonly load: () => StreamerConfig;
  /** Asks the exchange for the symbols of the configuration. */
  readonly choose: (config: StreamerConfig) => Promise<ChosenSymbols>;
  /** Gives other symbols to the workers that there are; false when that many cannot be given to them. */
  readonly reassign: (config: StreamerConfig, chosen: ChosenSymbols) => boolean;
  /** Puts other workers in their place; false when they did not deliver what those before do, which then stay. */
  readonly renew: (config: StreamerConfig, chosen: ChosenSymbols) => Promise<boolean>;
  /** Tells those that go on what has changed for them. */
  readonly apply: (config: StreamerConfig) => void;
  /** What is recorded now. */
  readonly symbols: () => readonly string[];
  readonly changes: OneAtATime;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly log: Log;
}

export type ReloadOutcome = 'taken' | 'unchanged' | 'refused';

/** `reloads` of the status: what became of the configurations that the recorder was told to take. */
export interface ReloadReport {
  /** How often it was told to, and how many of these have been decided; each in the order of asking. */
  readonly requested: number;
  readonly finished: number;
  /** Of the last that was decided; null before the first. */
  readonly lastAt: string | null;
  readonly outcome: ReloadOutcome | null;
  /** Why it was refused. */
  readonly problem: string | null;
  /** Keys that have other values by now, which only a restart takes. */
  readonly needRestart: readonly string[];
}

/** Takes another configuration while recording goes on; one at a time, and a bad one changes nothing. */
export class Reloads {
  readonly #options: ReloadOptions;
  #config: StreamerConfig;
  #report: ReloadReport = {
    requested: 0,
    finished: 0,
    lastAt: null,
    outcome: null,
    problem: null,
    needRestart: [],
  };

  constructor(config: StreamerConfig, options: ReloadOptions) {
    this.#config = config;
    this.#options = options;
  }

  request(): void {
    this.#report = { ...this.#report, requested: this.#report.requested + 1 };
    void this.#options.changes.run(() => this.#reload());
  }

  report(): ReloadReport {
    return this.#report;
  }

  async #reload(): Promise<void> {
    const { load, choose, log } = this.#options;
    try {
      const { config, needRestart } = mergeReload(this.#config, load());
      if (needRestart.length > 0) log.warn('ReloadNeedsRestart', { keys: needRestart });
      this.#finished(await this.#take(config, await choose(config)), needRestart);
    } catch (error) {
      log.error('ReloadRefused', errorFields(error));
      const problem = error instanceof Error ? error.message : String(error);
      this.#finished('refused', this.#report.needRestart, problem);
    }
  }

  /** Throws when the configuration cannot be taken. */
  async #take(config: StreamerConfig, chosen: ChosenSymbols): Promise<ReloadOutcome> {
    const { reassign, renew, apply, symbols, log } = this.#options;
    // The exchange may list by now what it did not list before.
    if (isDeepStrictEqual(config, this.#config) && sameSymbols(chosen.symbols, symbols())) {
      log.info('ReloadUnchanged');
      return 'unchanged';
    }
    log.info('Reloading', { symbols: chosen.symbols.length });
    const isDone =
      (hasSameWork(config, this.#config) && reassign(config, chosen)) || (await renew(config, chosen));
    if (!isDone) throw new Error('the new workers do not deliver');
    this.#config = config;
    apply(config);
    log.info('Reloaded');
    return 'taken';
  }

  #finished(outcome: ReloadOutcome, needRestart: readonly string[], problem?: string): void {
    const { requested, finished } = this.#report;
    this.#report = {
      requested,
      finished: finished + 1,
      lastAt: new Date(this.#options.nowMs()).toISOString(),
      outcome,
      problem: problem ?? null,
      needRestart,
    };
  }
}

/** Whether workers do the same for each symbol, whichever they are. */
function hasSameWork(one: StreamerConfig, other: StreamerConfig): boolean {
  const workOf = ({ network, symbols: { streams, perWorker } }: StreamerConfig) => ({
    network,
    streams,
    perWorker,
  });
  return isDeepStrictEqual(workOf(one), workOf(other));
}

function sameSymbols(some: readonly string[], others: readonly string[]): boolean {
  return isDeepStrictEqual(new Set(some), new Set(others));
}
