import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whileRecording } from './generated-exchange.ts';
import { Recorder, replay, type Status } from './recorder.ts';

const eventsOf = (status: Status): number => status.streams.reduce((total, { events }) => total + events, 0);
const live = (status: Status): boolean =>
  status.state === 'healthy' && status.books.every(({ state }) => state === 'live');

/** Rows of all files of a kind, as objects. */
function rowsOf(folder: string, kind: string): Record<string, string>[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${kind}_`))
    .flatMap((name) => {
      const [header, ...rows] = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
      const columns = header!.split(',');
      return rows.map((row) =>
        Object.fromEntries(row.split(',').map((cell, index) => [columns[index]!, cell])),
      );
    });
}

describe('a recorder that is started again in the same folder', () => {
  it('appends, and declares for each stream what fell between', async () => {
    const config = { performance: { spool_size: 0 } };
    await whileRecording({ symbols: ['BTCUSDT'], config }, async ({ recorder, exchange, data, folder }) => {
      await recorder.statusWhen(live);
      expect((await recorder.stop()).code).toBe(0);
      const before = rowsOf(join(data, 'BTCUSDT'), 'aggtrade');
      const again = Recorder.start(folder, {
        network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl },
        symbols: { pairs: ['BTCUSDT'] },
        storage: { output_dir: data },
      });
      try {
        await again.statusWhen((status) => live(status) && status.streams.every(({ events }) => events > 0));
        await again.statusWhen(() => /GapHealed/.test(again.output().stderr));
        expect((await again.stop()).code).toBe(0);
      } finally {
        await again.destroy();
      }
      const after = rowsOf(join(data, 'BTCUSDT'), 'aggtrade');
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.length).toBeGreaterThan(before.length);
      const gaps = rowsOf(join(data, 'BTCUSDT'), 'gaps');
      const of = (key: string) => gaps.filter(({ stream }) => stream === `BTCUSDT@${key}`);
      // Trades can be fetched, depth cannot; a bar holds sums, so it misses nothing unless a whole one is missing.
      expect(of('aggTrade')).toMatchObject([{ reason: 'restart', last_id: before.at(-1)!['agg_trade_id'], healed_by: 'rest' }]); // prettier-ignore
      expect(of('depth@0ms')).toMatchObject([{ reason: 'restart', healed_by: '' }]);
      const ids = after.map((row) => Number(row['agg_trade_id'])).sort((a, b) => a - b);
      expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
      const last = rowsOf(join(data, 'BTCUSDT'), 'depth').map((row) => row['final_update_id']);
      expect(last).toContain(of('depth@0ms')[0]!['last_id']);
      expect(await replay(data, 'BTCUSDT')).toMatchObject({ gaps: 1, state: 'live' });
    });
  }, 60_000);

  it('writes the top of the book with the decimals that the exchange sends', async () => {
    await whileRecording({ symbols: ['BTCUSDT'] }, async ({ recorder, data }) => {
      await recorder.statusWhen(live);
      expect((await recorder.stop()).code).toBe(0);
      const folder = join(data, 'BTCUSDT');
      const decimals = (rows: Record<string, string>[]) =>
        new Set(
          rows
            .filter(({ price }) => price !== '')
            .map(
              ({ price, quantity }) =>
                `${price!.split('.')[1]?.length ?? 0} ${quantity!.split('.')[1]?.length ?? 0}`,
            ),
        );
      expect(decimals(rowsOf(folder, 'orderbook'))).toEqual(decimals(rowsOf(folder, 'depth')));
    });
  }, 60_000);
});

describe('a recorder whose connections end', () => {
  it('rotates them without losing or repeating an event', async () => {
    // The shortest lifetime: every connection is replaced several times.
    await whileRecording(
      { symbols: ['BTCUSDT'], network: { lifetime: '2s' } },
      async ({ recorder, data }) => {
        const rotations = (): number => recorder.output().stderr.match(/ConnectionRotated/g)?.length ?? 0;
        await recorder.statusWhen(() => rotations() >= 4);
        expect((await recorder.stop()).code).toBe(0);

        const folder = join(data, 'BTCUSDT');
        const ids = rowsOf(folder, 'aggtrade').map((row) => Number(row['agg_trade_id']));
        expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
        expect(existsSync(folder) && readdirSync(folder).filter((name) => name.startsWith('gaps_'))).toEqual(
          [],
        );
        expect(await replay(data, 'BTCUSDT')).toMatchObject({ gaps: 0, state: 'live' });
      },
    );
  }, 60_000);

  it('writes down what a cut lost, with its ids, and joins the book again', async () => {
    await whileRecording({ symbols: ['BTCUSDT'] }, async ({ recorder, exchange, data }) => {
      const before = await recorder.statusWhen(live);
      exchange.inject({ fault: 'cut', route: 'public' });
      exchange.inject({ fault: 'cut', route: 'market' });
      await recorder.statusWhen(() => /ConnectionClosed/.test(recorder.output().stderr));
      await recorder.statusWhen((status) => live(status) && eventsOf(status) > eventsOf(before) + 100);
      const seen = (event: string) =>
        recorder.output().stderr.match(new RegExp(`${event} stream=\\S+@aggTrade`, 'g')) ?? [];
      await recorder.statusWhen(() => seen('GapHealed').length === seen('GapDetected').length);
      expect((await recorder.stop()).code).toBe(0);

      const folder = join(data, 'BTCUSDT');
      const trades = rowsOf(folder, 'aggtrade');
      const delivered = trades
        .filter(({ source }) => source === 'ws')
        .map((row) => Number(row['agg_trade_id']));
      const holes = delivered.flatMap((id, index) =>
        index > 0 && id !== delivered[index - 1]! + 1 ? [[delivered[index - 1], id]] : [],
      );
      const gaps = rowsOf(folder, 'gaps');
      const declared = gaps
        .filter(({ stream }) => stream === 'BTCUSDT@aggTrade')
        .map((gap) => [Number(gap['last_id']), Number(gap['next_id'])]);
      expect(declared).toEqual(holes);
      const ids = trades.map((row) => Number(row['agg_trade_id'])).sort((a, b) => a - b);
      expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
      expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['reconnect']));
      const depth = gaps.filter(({ stream }) => stream === 'BTCUSDT@depth@0ms');
      expect(await replay(data, 'BTCUSDT')).toMatchObject({ gaps: depth.length, state: 'live' });
    });
  }, 60_000);

  it('records symbols of any script', async () => {
    const symbol = '币安人生USDT';
    await whileRecording({ symbols: [symbol] }, async ({ recorder, data }) => {
      await recorder.statusWhen((status) => live(status) && status.books[0]?.symbol === symbol);
      const { status, body } = await recorder.get(`/books/${encodeURIComponent(symbol)}?depth=3`);
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { symbol, bids: { length: 3 }, asks: { length: 3 } },
      });
      expect((await recorder.stop()).code).toBe(0);
      expect(await replay(data, symbol)).toMatchObject({ gaps: 0, state: 'live' });
    });
  }, 60_000);

  it('answers no book while it is not in sync, and says why', async () => {
    await whileRecording({ symbols: ['BTCUSDT'] }, async ({ recorder, exchange }) => {
      exchange.inject({ fault: 'rest5xx', path: 'depth', duration: 600_000 });
      await recorder.statusWhen((status) => status.books[0]?.state === 'buffering' && eventsOf(status) > 20);
      const { status, body } = await recorder.get('/books/BTCUSDT');
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { symbol: 'BTCUSDT', error: expect.stringMatching(/not in sync/) },
      });
      expect((await recorder.get('/books/NOSUCH')).status).toBe(404);
      expect((await recorder.get('/books/BTCUSDT?depth=0')).status).toBe(400);
      expect((await recorder.get('/healthz')).status).toBe(200);
    });
  }, 60_000);
});
