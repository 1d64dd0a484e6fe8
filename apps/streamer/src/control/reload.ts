import { isDeepStrictEqual } from 'node:util';
import type { StreamerConfig } from '@org/config';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { OneAtATime } from './one-at-a-time.ts';
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
  /** What is recorded now. */
  readonly symbols: () => readonly string[];
  readonly changes: OneAtATime;
  readonly log: Log;
}

/** Sections whose values a reload takes; the others belong to processes that go on. */
const TAKEN: readonly (keyof StreamerConfig)[] = ['symbols', 'network'];

/** Takes another configuration while recording goes on; one at a time, and a bad one changes nothing. */
export class Reloads {
  readonly #options: ReloadOptions;
  #config: StreamerConfig;

  constructor(config: StreamerConfig, options: ReloadOptions) {
    this.#config = config;
    this.#options = options;
  }

  request(): void {
    void this.#options.changes.run(() => this.#reload());
  }

  async #reload(): Promise<void> {
    const { load, choose, log } = this.#options;
    try {
      const loaded = load();
      const ignored = this.#changes(loaded).filter((section) => !TAKEN.includes(section));
      if (ignored.length > 0) log.warn('ReloadNeedsRestart', { sections: ignored });
      const config = { ...this.#config, symbols: loaded.symbols, network: loaded.network };
      await this.#take(config, await choose(config));
    } catch (error) {
      log.error('ReloadRefused', errorFields(error));
    }
  }

  async #take(config: StreamerConfig, chosen: ChosenSymbols): Promise<void> {
    const { reassign, renew, symbols, log } = this.#options;
    // The exchange may list by now what it did not list before.
    if (isDeepStrictEqual(config, this.#config) && sameSymbols(chosen.symbols, symbols()))
      return log.info('ReloadUnchanged');
    log.info('Reloading', { symbols: chosen.symbols.length });
    const isDone =
      (hasSameWork(config, this.#config) && reassign(config, chosen)) || (await renew(config, chosen));
    if (!isDone) return log.error('ReloadRefused', { problem: 'the new workers do not deliver' });
    this.#config = config;
    log.info('Reloaded');
  }

  #changes(loaded: StreamerConfig): (keyof StreamerConfig)[] {
    const sections = Object.keys(loaded) as (keyof StreamerConfig)[];
    return sections.filter((section) => !isDeepStrictEqual(loaded[section], this.#config[section]));
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
