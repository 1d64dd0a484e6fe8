import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { seedOfRun } from './chance.ts';
import { cutFigures, cutLines } from './cut-lines.ts';
import { printFigures, SOUND } from './figures.ts';

const capture = resolve('../shared/data/usdm-2024-07-18');
const symbols = ['BTCUSDT', 'ETHUSDT'];
const maybe = existsSync(capture) ? describe : describe.skip;

maybe('eight minutes of a real market at speed 5 (skipped without ../shared/data)', () => {
  it.each([
    [1, 'same'],
    [1, 'different'],
    [2, 'same'],
    [2, 'different'],
  ] as const)('are cut 50 times, with redundancy %i and %s depth cuts', async (redundancy, depthCuts) => {
    const seed = seedOfRun();
    const figures = await cutLines({
      seed,
      cuts: Number(process.env['FAULT_COUNT'] ?? 50),
      redundancy,
      symbols,
      replay: capture,
      exchange: ['--speed', '5', '--seed', String(seed), '--depth-cuts', depthCuts],
      config: { symbols: { pairs: symbols, streams: ['depth@0ms', 'bookTicker', 'trade'] } },
      pauseMsMax: redundancy === 1 ? 3000 : 1000,
      cutsPerLook: 10,
      isWhole: redundancy === 2 && depthCuts === 'same',
    });
    const { audit, books, wholeBooks } = figures;
    printFigures(`cuts of real data, redundancy ${redundancy}, ${depthCuts} depth cuts`, { seed, ...cutFigures(figures) }); // prettier-ignore
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect([...books.differences, ...wholeBooks.differences]).toEqual([]);
    expect(books.books).toBeGreaterThanOrEqual(symbols.length);
    if (redundancy === 1) expect(audit.gapRows).toBeGreaterThan(0);
    else expect(audit).toMatchObject({ gapRows: 0, lost: 0 });
  });
});
