import { listedSymbols } from '../src/control/check-symbols.ts';
import { leveledLog } from '../src/logging/child-log.ts';

function logged() {
  const lines: string[] = [];
  return {
    lines,
    log: leveledLog((level, event, fields) => lines.push(`${level} ${event} ${JSON.stringify(fields)}`)),
  };
}

const exchange = (symbols: Record<string, string>) => ({
  exchangeInfo: () =>
    Promise.resolve({
      rateLimits: [],
      symbols: Object.entries(symbols).map(([symbol, status]) => ({ symbol, status })),
    }) as never,
});

describe('the check of the symbols', () => {
  it('leaves out what the exchange does not list, by name, and keeps the rest', async () => {
    const { lines, log } = logged();
    expect(
      await listedSymbols(
        exchange({ BTCUSDT: 'TRADING', OLDUSDT: 'SETTLING' }),
        ['BTCUSDT', 'NOUSDT', 'OLDUSDT'],
        log,
      ),
    ).toEqual(['BTCUSDT', 'OLDUSDT']);
    expect(lines.join('\n')).toMatch(/error SymbolUnknown.*NOUSDT/);
    expect(lines.join('\n')).toMatch(/warn SymbolNotTrading.*OLDUSDT.*SETTLING/);
  });

  it('ends with the exit code of a bad configuration when no symbol is left', async () => {
    await expect(
      listedSymbols(exchange({ BTCUSDT: 'TRADING' }), ['NOUSDT'], logged().log),
    ).rejects.toMatchObject({ exitCode: 78 });
  });

  it('keeps all symbols when the exchange does not answer', async () => {
    const { lines, log } = logged();
    const silent = { exchangeInfo: () => Promise.reject(new Error('timed out')) };
    expect(await listedSymbols(silent, ['BTCUSDT'], log)).toEqual(['BTCUSDT']);
    expect(lines.join()).toMatch(/SymbolsUnchecked.*timed out/);
  });

  it('does not wait longer than it may for an exchange that hangs', async () => {
    const hanging = {
      exchangeInfo: ({ signal }: { signal?: AbortSignal } = {}) =>
        new Promise<never>((_, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('gave up'))),
        ),
    };
    const { lines, log } = logged();
    expect(await listedSymbols(hanging, ['BTCUSDT'], log, 20)).toEqual(['BTCUSDT']);
    expect(lines.join()).toMatch(/SymbolsUnchecked.*gave up/);
  });
});
