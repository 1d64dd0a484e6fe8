import type { StreamerConfig } from '@org/config';
import { OWN_WORKER_MAX } from '../assign-symbols.ts';
import { listedSymbols } from '../check-symbols.ts';
import { EXIT, FatalError } from '../exit-codes.ts';
import { expectedRate, fetchActivities } from './activity.ts';
import { Universe, type UniverseChange, type UniverseOptions } from './universe.ts';

/** The rules come with each configuration. */
export type SymbolDeskOptions = Omit<UniverseOptions, 'rules'>;

/** What a configuration asks for, once the exchange was asked. */
export interface ChosenSymbols {
  readonly symbols: readonly string[];
  /** Events a second to expect of a symbol; undefined when nothing is known, or when it does not matter. */
  readonly weightOf: ((symbol: string) => number) | undefined;
  /** Undefined when the configuration names the symbols. */
  readonly universe: Universe | undefined;
}

/** Knows which symbols are to be recorded, now and with every change of the exchange. */
export class SymbolDesk {
  readonly #options: SymbolDeskOptions;
  #universe: Universe | undefined;

  constructor(options: SymbolDeskOptions) {
    this.#options = options;
  }

  /** Throws {@link FatalError} when there is nothing to record. `before`: what is recorded already. */
  async choose(config: StreamerConfig['symbols'], before: readonly string[]): Promise<ChosenSymbols> {
    const { rest, log } = this.#options;
    const { pairs, universe: rules } = config;
    if (rules === undefined) return this.#dealt(await listedSymbols(rest, pairs, log), undefined);
    const universe = new Universe({ ...this.#options, rules });
    const symbols = await universe.choose(before);
    if (symbols.length > 0) return this.#dealt(symbols, universe);
    if (universe.isListingKnown)
      throw new FatalError(
        EXIT.config,
        'symbols: the exchange lists nothing that quote, contract and the rest take',
      );
    throw new FatalError(
      EXIT.failed,
      'symbols: the exchange does not say what it lists, and nothing is remembered',
    );
  }

  /** From now on the changes of this choice are followed. */
  adopt({ universe }: Pick<ChosenSymbols, 'universe'>): void {
    this.#universe = universe;
  }

  /** What the exchange has changed since; undefined when nothing has, or nothing is followed. */
  look(): Promise<UniverseChange | undefined> {
    return this.#universe?.look() ?? Promise.resolve(undefined);
  }

  async #dealt(symbols: readonly string[], universe: Universe | undefined): Promise<ChosenSymbols> {
    const { rest, log } = this.#options;
    if (symbols.length <= OWN_WORKER_MAX) return { symbols, universe, weightOf: undefined };
    const activities = universe?.activities ?? (await fetchActivities(rest, log));
    if (activities === undefined) return { symbols, universe, weightOf: undefined };
    return { symbols, universe, weightOf: (symbol) => expectedRate(activities.get(symbol)) };
  }
}
