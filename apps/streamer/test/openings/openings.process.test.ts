import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExchange } from '@org/exchange-simulator';
import { eventually, Recorder, replay, run, temporaryFolder } from '../process/recorder.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

const depthFiles = (data: string, symbol: string): string[] =>
  (existsSync(join(data, symbol)) ? readdirSync(join(data, symbol)) : [])
    .filter((name) => /^depth_\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.csv$/.test(name))
    .sort()
    .map((name) => join(data, symbol, name));

async function replayAlone(path: string): Promise<unknown> {
  const { stdout } = await run('inspector', ['replay', '--symbol', symbolOf(path), '--data-dir', path, '--format', 'json']); // prettier-ignore
  return JSON.parse(stdout) as unknown;
}

interface ManifestFigures {
  readonly duplicatesDropped: number;
  readonly connections: number;
}

/** What the manifests of a symbol say that its files do not; of one day, unless the test ran over midnight. */
const figuresOf = (data: string, symbol: string): ManifestFigures[] =>
  readdirSync(join(data, symbol))
    .filter((name) => name.startsWith('manifest_'))
    .map((name) => JSON.parse(readFileSync(join(data, symbol, name), 'utf8')) as ManifestFigures);

const symbolOf = (path: string): string => path.split('/').at(-2)!;
const firstRowOf = (path: string): string => readFileSync(path, 'utf8').split('\n')[1]!;

describe('a recorder with a rotation of seconds', () => {
  it('begins each file of depth with the book, each replays alone, and manifests count both lines', async () => {
    const folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const exchange = await startExchange({ symbols: SYMBOLS, port: 0, seed: 7 });
    const recorder = Recorder.start(folder.path, {
      network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl, redundancy: 2 },
      symbols: { pairs: SYMBOLS, streams: ['depth@0ms'] },
      storage: { output_dir: data, rotation: '10s', compression: 'none' },
    });
    try {
      await recorder.statusWhen(
        ({ books }) => books.length === 2 && books.every(({ state }) => state === 'live'),
      );
      const begun = Math.max(1, ...SYMBOLS.map((symbol) => depthFiles(data, symbol).length));
      await eventually(
        () => SYMBOLS.every((symbol) => depthFiles(data, symbol).length > begun),
        () => recorder.output().stderr,
      );
      const { code, stderr } = await recorder.stop();
      expect({ code, misses: stderr.match(/Opening\w+/g) }).toEqual({ code: 0, misses: null });
      for (const symbol of SYMBOLS) {
        const files = depthFiles(data, symbol).slice(begun);
        for (const path of files) expect(firstRowOf(path)).toMatch(/,snapshot,bid,/);
        const whole = await replay(data, symbol);
        const { lastUpdateId, checksum } = whole as unknown as Record<string, unknown>;
        expect(whole).toMatchObject({ code: 0, gaps: 0, state: 'live' });
        expect(await replayAlone(files.at(-1)!)).toMatchObject({ symbol, gaps: 0, snapshots: 1, state: 'live', lastUpdateId, checksum }); // prettier-ignore
        const figures = figuresOf(data, symbol);
        expect(figures.length).toBeGreaterThan(0);
        for (const { duplicatesDropped, connections } of figures) {
          expect(duplicatesDropped).toBeGreaterThan(0);
          expect(connections).toBeGreaterThanOrEqual(2);
        }
      }
    } finally {
      await recorder.destroy();
      await exchange.stop();
      folder.remove();
    }
  }, 60_000);
});
