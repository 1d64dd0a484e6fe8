import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSymbol } from '@org/market-data';

/**
 * Which symbols were chosen last, kept in the output folder: a recorder that starts while the exchange answers no
 * requests (a ban lasts up to three days) can record all the same, since streams need none.
 */
export class SymbolMemory {
  readonly #file: string;

  constructor(outputPath: string) {
    this.#file = join(outputPath, '.symbols');
  }

  /** Empty when nothing is remembered. */
  recall(): readonly string[] {
    try {
      const symbols: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      if (!Array.isArray(symbols)) return [];
      return symbols.filter((symbol): symbol is string => typeof symbol === 'string' && isSymbol(symbol));
    } catch {
      return [];
    }
  }

  keep(symbols: readonly string[]): void {
    try {
      writeFileSync(`${this.#file}.tmp`, JSON.stringify(symbols));
      renameSync(`${this.#file}.tmp`, this.#file);
    } catch {
      // A full disk: this process knows them, and the next one asks the exchange.
    }
  }
}
