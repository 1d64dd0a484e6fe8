import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '@org/exchange-simulator';
import { audit, gapRowsOf } from '../faults/audit.ts';
import { whileRecording } from './generated-exchange.ts';
import { eventually, type Recorder, replay, type Status } from './recorder.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const whole = (selectors: Record<string, unknown> = {}) => ({
  symbols: { pairs: ['*'], refresh_interval: '1s', ...selectors },
});

const symbolsOf = ({ streams }: Status) => [...new Set(streams.map(({ stream }) => stream.split('@')[0]!))];
const delivers = (symbol: string) => (status: Status) =>
  status.streams.filter(({ stream, events }) => stream.startsWith(`${symbol}@`) && events > 0).length === 3 &&
  status.books.some((book) => book.symbol === symbol && book.state === 'live');
const live =
  (...symbols: string[]) =>
  (status: Status) =>
    symbols.every((symbol) => delivers(symbol)(status));
const pids = ({ processes }: Status) => processes.map(({ id, pid, restarts }) => `${id} ${pid} ${restarts}`);
const requests = (exchange: Exchange, path: string) =>
  exchange.report().rest.filter((entry) => entry.path.endsWith(path)).reduce((sum, entry) => sum + entry.requests, 0); // prettier-ignore

/** Asks for readiness again and again; returns what was in the way, if anything ever was. */
function watchReadiness(recorder: Recorder): { stop(): Promise<readonly string[]> } {
  const obstacles: string[] = [];
  let isOn = true;
  const watching = (async () => {
    while (isOn) {
      const { status, body } = await recorder.get('/readyz');
      if (status !== 200) obstacles.push(...(body as { obstacles: string[] }).obstacles);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await watching;
      return obstacles;
    },
  };
}

const SOUND = { malformed: [], duplicated: [], undeclared: [], lost: 0, gapRows: 0 };

describe('a recorder of the whole exchange', () => {
  it('follows listings and delistings without a restart, a gap, or a moment in which it is not ready', async () => {
    await whileRecording({ symbols: SYMBOLS, config: whole() }, async ({ recorder, exchange, data }) => {
      const before = await recorder.statusWhen(
        (status) => status.state === 'healthy' && live(...SYMBOLS)(status),
      );
      const readiness = watchReadiness(recorder);
      exchange.changeListings({ list: ['NEWUSDT'] });
      await recorder.statusWhen(delivers('NEWUSDT'));
      exchange.changeListings({ delist: ['ETHUSDT'] });
      await recorder.statusWhen(
        (status) =>
          !symbolsOf(status).includes('ETHUSDT') && status.books.every(({ symbol }) => symbol !== 'ETHUSDT'),
      );
      const after = await recorder.status();
      await recorder.statusWhen(
        ({ streams }) => streams.every(({ stream, events }) => events > (after.streams.find((one) => one.stream === stream)?.events ?? 0)),
      ); // prettier-ignore
      expect(await readiness.stop()).toEqual([]);
      expect(pids(after)).toEqual(pids(before));
      expect((await recorder.get('/books/ETHUSDT')).status).toBe(404);
      expect((await recorder.stop()).code).toBe(0);

      const log = recorder.output().stderr;
      expect(log).toMatch(/SymbolsAdded .*NEWUSDT/);
      expect(log).toMatch(/SymbolsRemoved .*ETHUSDT.*status SETTLING/);
      expect(log).not.toMatch(/StreamSilent|MessageRejected|GapDetected/);
      expect(requests(exchange, '/depth')).toBe(SYMBOLS.length + 1);
      expect(audit(data, [...SYMBOLS, 'NEWUSDT'])).toMatchObject(SOUND);
      for (const symbol of [...SYMBOLS, 'NEWUSDT'])
        expect(await replay(data, symbol)).toMatchObject({ gaps: 0, state: 'live' });
    });
  }, 60_000);

  it('writes no gap for the silence before it learns that the exchange has ended a symbol, and one for the time until it is back', async () => {
    const config = whole({ refresh_interval: '3s' });
    const network = { silence_timeout: '700ms' };
    await whileRecording({ symbols: SYMBOLS, config, network }, async ({ recorder, exchange, data }) => {
      await recorder.statusWhen(live(...SYMBOLS));
      await recorder.statusWhen(() => requests(exchange, '/exchangeInfo') >= 2);
      exchange.changeListings({ delist: ['ETHUSDT'] });
      await recorder.statusWhen(() => /StreamSilent.*ETHUSDT/.test(recorder.output().stderr));
      await recorder.statusWhen((status) => !symbolsOf(status).includes('ETHUSDT'));
      expect(gapRowsOf(join(data, 'ETHUSDT'))).toEqual([]);
      exchange.changeListings({ list: ['ETHUSDT'] });
      await recorder.statusWhen(delivers('ETHUSDT'));
      expect((await recorder.stop()).code).toBe(0);
      expect(audit(data, SYMBOLS)).toMatchObject({ malformed: [], duplicated: [], undeclared: [] });
      expect(gapRowsOf(join(data, 'BTCUSDT'))).toEqual([]);
    });
  }, 60_000);

  it('records on as before when the exchange lists nothing, or half of what it listed, or does not answer', async () => {
    await whileRecording({ symbols: SYMBOLS, config: whole() }, async ({ recorder, exchange }) => {
      const before = await recorder.statusWhen(live(...SYMBOLS));
      exchange.changeListings({ delist: ['ETHUSDT', 'SOLUSDT'] });
      await recorder.statusWhen(() => /ListingDisbelieved .*2 of 3/.test(recorder.output().stderr));
      exchange.inject({ fault: 'rest5xx', path: 'exchangeInfo', duration: 600_000 });
      await recorder.statusWhen(() => /ListingUnknown/.test(recorder.output().stderr));
      const after = await recorder.status();
      expect(symbolsOf(after)).toEqual(SYMBOLS);
      expect(pids(after)).toEqual(pids(before));
      expect((await recorder.stop()).code).toBe(0);
    });
  }, 60_000);

  it('records both lines of a new symbol in different processes, and drops both of one that ended', async () => {
    const network = { redundancy: 2 };
    await whileRecording(
      { symbols: SYMBOLS, config: whole(), network },
      async ({ recorder, exchange, data }) => {
        await recorder.statusWhen(live(...SYMBOLS));
        exchange.changeListings({ list: ['NEWUSDT'], delist: ['ETHUSDT'] });
        const status = await recorder.statusWhen(
          (now) => delivers('NEWUSDT')(now) && !symbolsOf(now).includes('ETHUSDT'),
        );
        const carriers = (
          status.processes as unknown as { role: string; id: string; symbols: string[] }[]
        ).filter(({ role, symbols }) => role === 'worker' && symbols.includes('NEWUSDT'));
        expect(carriers.map(({ id }) => id.endsWith('b')).sort()).toEqual([false, true]);
        expect((await recorder.stop()).code).toBe(0);
        expect(requests(exchange, '/depth')).toBe(SYMBOLS.length + 1);
        expect(audit(data, [...SYMBOLS, 'NEWUSDT'])).toMatchObject(SOUND);
      },
    );
  }, 60_000);

  it('takes another list of symbols at SIGHUP with the processes that there are', async () => {
    await whileRecording({ symbols: SYMBOLS, pairs: ['BTCUSDT', 'ETHUSDT'] }, async (setup) => {
      const { recorder, exchange, data, folder } = setup;
      const before = await recorder.statusWhen(live('BTCUSDT', 'ETHUSDT'));
      const file = join(folder, 'config.yaml');
      const config = JSON.parse(readFileSync(file, 'utf8')) as { symbols: object };
      writeFileSync(file, JSON.stringify({ ...config, symbols: { pairs: ['BTCUSDT', 'SOLUSDT'] } }));
      process.kill(recorder.pid, 'SIGHUP');
      await eventually(() => /Reloaded/.test(recorder.output().stderr));
      const after = await recorder.statusWhen(
        (status) =>
          live('SOLUSDT')(status) && !symbolsOf(status).includes('ETHUSDT') && status.books.length === 2,
      );
      expect(pids(after)).toEqual(pids(before));
      expect((await recorder.stop()).code).toBe(0);
      expect(requests(exchange, '/depth')).toBe(3);
      expect(audit(data, SYMBOLS)).toMatchObject(SOUND);
    });
  }, 60_000);
});
