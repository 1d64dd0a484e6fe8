/**
 * Symbols come from configuration and from the exchange, and become folder names, so they are checked before use.
 * Letters and digits of any script are legal: 币安人生USDT is a live USD-M symbol (binance/binance-public-data PR 441,
 * seen 2026-11). Everything that could leave a folder, address another stream or confuse a URL is not.
 */
const SYMBOL_PATTERN = /^[\p{L}\p{N}_]{1,64}$/u;

/** Longest symbol in UTF-8 bytes: file systems take 255 a name. */
const SYMBOL_BYTES_MAX = 200;

/** UTF-8 length, by the one encoder that every JavaScript engine has. */
function utf8Bytes(text: string): number {
  return encodeURIComponent(text).replace(/%../g, '_').length;
}

export class SymbolError extends Error {
  readonly code = 'SYMBOL_INVALID';
  readonly symbol: string;

  constructor(symbol: string) {
    super(
      `symbol ${JSON.stringify(symbol.slice(0, 80))}: expected 1 to 64 letters, digits or "_" of any script, ` +
        `at most ${SYMBOL_BYTES_MAX} bytes`,
    );
    this.name = 'SymbolError';
    this.symbol = symbol;
  }
}

/** Whether `text` is a symbol in the form that the exchange lists it: upper case where its script has cases. */
export function isSymbol(text: string): boolean {
  return (
    SYMBOL_PATTERN.test(text) &&
    text === text.toUpperCase() &&
    text === text.normalize('NFC') &&
    utf8Bytes(text) <= SYMBOL_BYTES_MAX
  );
}

/** The symbol in the exchange's form (upper case). Throws {@link SymbolError} for anything that is not one. */
export function parseSymbol(text: string): string {
  const symbol = text.normalize('NFC').toUpperCase();
  if (!isSymbol(symbol)) throw new SymbolError(text);
  return symbol;
}
