import { conclusionFigures } from './conclusion.ts';
import { damageFrames, frameFigures, type FrameFault } from './damage-frames.ts';
import { printFigures, SOUND } from './figures.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];
const streams = ['btcusdt@aggTrade', 'ethusdt@depth@0ms', 'btcusdt@kline_1m'];

const each = (fault: Readonly<Record<string, unknown>>, lastsMs: number): FrameFault[] =>
  streams.map((stream) => ({ fault: { ...fault, stream }, lastsMs }));

const faults: FrameFault[] = [
  ...each({ fault: 'malformed' }, 1000),
  ...each({ fault: 'malformed', count: 10 }, 1000),
  ...each({ fault: 'invalidUtf8' }, 1000),
  ...each({ fault: 'oversized', bytes: 10 * 1024 * 1024 }, 3000),
  ...each({ fault: 'drop' }, 1000),
  ...each({ fault: 'drop', count: 50 }, 2000),
  // Every message of some seconds, and so the last words of some bars.
  ...each({ fault: 'drop', duration: '4s' }, 4000),
  ...each({ fault: 'silence', duration: '8s' }, 9000),
  { fault: { fault: 'duplicate', count: 500 }, lastsMs: 3000, isHarmless: true },
  { fault: { fault: 'serverShutdown', delay: '5s' }, lastsMs: 7000, isHarmless: true },
  { fault: { fault: 'serverShutdown', delay: '5s', enveloped: true }, lastsMs: 7000, isHarmless: true },
];

describe('a recorder that gets damaged frames', () => {
  it.each(['same', 'different'])(
    'brings back or declares what they carried, and every bar is closed (%s depth cuts)',
    async (depthCuts) => {
      const figures = await damageFrames({
        symbols,
        exchange: ['--rate', '1', '--trades', '0.5', '--levels', '300', '--depth-cuts', depthCuts],
        network: { silence_timeout: '3s' },
        faults,
        repairWithinMs: 30_000,
      });
      const { audit, books } = figures;
      printFigures(`damaged frames, ${depthCuts} depth cuts`, { ...frameFigures(figures), ...conclusionFigures(figures) }); // prettier-ignore
      expect(audit).toMatchObject({ ...SOUND, lost: 0 });
      expect(figures).toMatchObject({ harmful: [], gapsOpen: 0, unclosedBars: [] });
      expect(figures.worstSnapshotDelayMs).toBeLessThan(2000);
      expect(books).toMatchObject({ books: symbols.length, differences: [] });
    },
  );
});
