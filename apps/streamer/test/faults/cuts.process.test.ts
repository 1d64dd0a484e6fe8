import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../process/recorder.ts';
import { audit } from './audit.ts';
import { seedOfRun } from './chance.ts';
import { cutFigures, cutLines } from './cut-lines.ts';
import { printFigures, SOUND } from './figures.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];
const market = {
  symbols,
  config: { symbols: { pairs: symbols, per_worker: 2 } },
  isWhole: true,
  network: { reconnect: { initial_delay: '50ms', max_delay: '200ms' } },
};
const exchange = ['--rate', '30', '--trades', '10', '--levels', '300'];

/** What the audit says of a copy that lacks one diff, as if it had been lost and nobody had noticed. */
function auditWithoutOneDiff(data: string): string[] {
  const folder = temporaryFolder();
  try {
    cpSync(data, folder.path, { recursive: true });
    const name = readdirSync(join(folder.path, 'BTCUSDT')).find((file) => file.startsWith('depth_'))!;
    const file = join(folder.path, 'BTCUSDT', name);
    const lines = readFileSync(file, 'utf8').split('\n');
    const messageOf = (line: string): string => line.split(',').slice(0, 7).join(',');
    const diffs = [...new Set(lines.filter((line) => line.includes(',diff,')).map(messageOf))];
    const victim = diffs.at(-2)!;
    writeFileSync(file, lines.filter((line) => messageOf(line) !== victim).join('\n'));
    return audit(folder.path, ['BTCUSDT']).undeclared;
  } finally {
    folder.remove();
  }
}

describe('a recorder whose connections are cut', () => {
  it('declares exactly what is missing with one line, and its books are those of the exchange', async () => {
    const seed = seedOfRun();
    let tampered: string[] = [];
    const figures = await cutLines({
      ...market,
      seed,
      exchange,
      redundancy: 1,
      cuts: 5,
      pauseMsMax: 600,
      cutsPerLook: 5,
      inspect: (data) => {
        tampered = auditWithoutOneDiff(data);
      },
    });
    const { audit, books, wholeBooks } = figures;
    printFigures('cuts, redundancy 1', { seed, ...cutFigures(figures) });
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect(audit.gapRows).toBeGreaterThan(0);
    expect([...books.differences, ...wholeBooks.differences]).toEqual([]);
    expect(wholeBooks.books).toBeGreaterThanOrEqual(symbols.length);
    // The check is no blind one: a hole that nobody declared does not escape it.
    expect(tampered).toEqual([expect.stringMatching(/BTCUSDT depth .*no gap row/)]);
  }, 60_000);

  it('misses nothing with two lines that cut the depth stream differently', async () => {
    const seed = seedOfRun();
    const figures = await cutLines({
      ...market,
      seed,
      exchange: [...exchange, '--depth-cuts', 'different'],
      redundancy: 2,
      cuts: 4,
      pauseMsMax: 300,
      cutsPerLook: 1,
    });
    const { audit, books, wholeBooks } = figures;
    printFigures('cuts, redundancy 2, different depth cuts', { seed, ...cutFigures(figures) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect([...books.differences, ...wholeBooks.differences]).toEqual([]);
  }, 60_000);
});
