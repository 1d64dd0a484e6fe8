import { chanceOf, seedOfRun } from '../faults/chance.ts';
import { printFigures } from '../faults/figures.ts';
import { packUnderKills } from './pack-under-kills.ts';

describe('a writer that packs files of a past day', () => {
  it('is killed 20 times with its packer, and everything becomes complete', async () => {
    const seed = seedOfRun();
    const figures = await packUnderKills({
      kills: Number(process.env['FAULT_COUNT'] ?? 20),
      symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
      rowsAFile: 100_000,
      random: chanceOf(seed),
    });
    printFigures('packing kill -9', { seed, ...figures });
    expect(figures.files).toBe(9);
  });
});
