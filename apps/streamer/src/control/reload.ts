import { isDeepStrictEqual } from 'node:util';
import type { StreamerConfig } from '@org/config';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { RecorderPlan } from './recorder-plan.ts';

export interface ReloadOptions {
  /** Reads the configuration again; throws what is wrong with it. */
  readonly load: () => StreamerConfig;
  /** Checks its symbols and plans who records them. */
  readonly plan: (config: StreamerConfig) => Promise<RecorderPlan>;
  /** Puts the plan into practice; resolves when the workers before have left. */
  readonly renew: (plan: RecorderPlan) => Promise<void>;
  readonly log: Log;
}

/** Sections whose values a reload takes; the others belong to processes that go on. */
const TAKEN: readonly (keyof StreamerConfig)[] = ['symbols', 'network'];

/** Takes another configuration while recording goes on; one at a time, and a bad one changes nothing. */
export class Reloads {
  readonly #options: ReloadOptions;
  #config: StreamerConfig;
  #last: Promise<void> = Promise.resolve();

  constructor(config: StreamerConfig, options: ReloadOptions) {
    this.#config = config;
    this.#options = options;
  }

  request(): void {
    this.#last = this.#last.then(() => this.#reload());
  }

  async #reload(): Promise<void> {
    const { load, plan, renew, log } = this.#options;
    try {
      const loaded = load();
      const ignored = this.#changes(loaded).filter((section) => !TAKEN.includes(section));
      if (ignored.length > 0) log.warn('ReloadNeedsRestart', { sections: ignored });
      const config = { ...this.#config, symbols: loaded.symbols, network: loaded.network };
      if (isDeepStrictEqual(config, this.#config)) return log.info('ReloadUnchanged');
      const next = await plan(config);
      log.info('Reloading', { symbols: next.symbols.length, workers: next.workers.length });
      await renew(next);
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
