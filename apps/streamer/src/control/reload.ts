import { isDeepStrictEqual } from 'node:util';
import type { StreamerConfig } from '@org/config';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { RecorderPlan } from './recorder-plan.ts';

export interface ReloadOptions {
  /** Reads the configuration again; throws what is wrong with it. */
  readonly load: () => StreamerConfig;
  /** Checks its symbols and plans who records them. */
  readonly plan: (config: StreamerConfig) => Promise<RecorderPlan>;
  /** Puts the plan into practice; false when its workers did not deliver what those before do, which then stay. */
  readonly renew: (plan: RecorderPlan) => Promise<boolean>;
  /** What is recorded now. */
  readonly symbols: () => readonly string[];
  readonly log: Log;
}

/** Sections whose values a reload takes; the others belong to processes that go on. */
const TAKEN: readonly (keyof StreamerConfig)[] = ['symbols', 'network'];

/** Takes another configuration while recording goes on; one at a time, and a bad one changes nothing. */
export class Reloads {
  readonly #options: ReloadOptions;
  #config: StreamerConfig;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(config: StreamerConfig, options: ReloadOptions) {
    this.#config = config;
    this.#options = options;
  }

  request(): void {
    this.#last = this.#last.then(() => this.#reload());
  }

  /** Begins nothing more; resolves when what is under way has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#last;
  }

  async #reload(): Promise<void> {
    const { load, plan, renew, symbols, log } = this.#options;
    if (this.#isClosed) return;
    try {
      const loaded = load();
      const ignored = this.#changes(loaded).filter((section) => !TAKEN.includes(section));
      if (ignored.length > 0) log.warn('ReloadNeedsRestart', { sections: ignored });
      const config = { ...this.#config, symbols: loaded.symbols, network: loaded.network };
      const next = await plan(config);
      // The exchange may list by now what it did not list before.
      if (isDeepStrictEqual(config, this.#config) && isDeepStrictEqual(next.symbols, symbols()))
        return log.info('ReloadUnchanged');
      log.info('Reloading', { symbols: next.symbols.length, workers: next.workers.length });
      if (!(await renew(next)))
        return log.error('ReloadRefused', { problem: 'the new workers do not deliver' });
      this.#config = config;
      log.info('Reloaded');
    } catch (error) {
      log.error('ReloadRefused', errorFields(error));
    }
  }

  #changes(loaded: StreamerConfig): (keyof StreamerConfig)[] {
    const sections = Object.keys(loaded) as (keyof StreamerConfig)[];
    return sections.filter((section) => !isDeepStrictEqual(loaded[section], this.#config[section]));
  }
}
