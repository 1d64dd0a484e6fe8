import { packUnderKills } from './pack-under-kills.ts';

describe('a writer that is killed while files of a past day are packed', () => {
  it('packs them when it is started again, and every row is there', async () => {
    const figures = await packUnderKills({
      kills: 1,
      symbols: ['BTCUSDT'],
      rowsAFile: 60_000,
      random: () => 0.3,
    });
    expect(figures).toMatchObject({ files: 3, inTheMiddle: 1 });
  }, 90_000);
});
