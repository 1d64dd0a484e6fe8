import { conclusionFigures } from './conclusion.ts';
import { damageFrames, frameFigures } from './damage-frames.ts';
import { printFigures, SOUND } from './figures.ts';

const symbols = ['BTCUSDT'];

describe('a recorder that gets damaged frames', () => {
  it('brings back or declares what they carried, and every bar is closed', async () => {
    const figures = await damageFrames({
      symbols,
      exchange: ['--rate', '1', '--trades', '0.5', '--levels', '300'],
      faults: [
        { fault: { fault: 'duplicate', count: 20 }, lastsMs: 0, isHarmless: true },
        { fault: { fault: 'drop', stream: 'btcusdt@aggTrade', count: 5 }, lastsMs: 300 },
        { fault: { fault: 'drop', stream: 'btcusdt@kline_1m', duration: 1200 }, lastsMs: 1200 },
        { fault: { fault: 'drop', stream: 'btcusdt@depth@0ms', count: 3 }, lastsMs: 300 },
        { fault: { fault: 'malformed', route: 'public' }, lastsMs: 300 },
        { fault: { fault: 'serverShutdown', delay: 2500 }, lastsMs: 2700, isHarmless: true },
      ],
      repairWithinMs: 6000,
    });
    const { audit, books } = figures;
    printFigures('damaged frames', { ...frameFigures(figures), ...conclusionFigures(figures) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0 });
    expect(figures).toMatchObject({ harmful: [], gapsOpen: 0, unclosedBars: [], depthBreaks: 2 });
    expect(figures.worstSnapshotDelayMs).toBeLessThan(2000);
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
  }, 60_000);
});
