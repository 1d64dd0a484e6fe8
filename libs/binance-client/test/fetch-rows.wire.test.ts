import fc from 'fast-check';
import { BinanceRest, fetchAggTrades, fetchKlines } from '@org/binance-client';
import type { AggTradeRow, BudgetRequest, KlineRow, RequestBudget } from '@org/binance-client';
import { FakeExchange } from './fake-exchange.ts';

const MINUTE_MS = 60_000;

let exchange: FakeExchange;
let rest: BinanceRest;
const asked: BudgetRequest[] = [];

/** Grants everything and remembers what was asked. */
const budget: RequestBudget = {
  acquire: (request) => {
    asked.push(request);
    return Promise.resolve({ settle: () => undefined });
  },
  setLimit: () => undefined,
  state: () => ({ limitPerMinute: 1, usedWeight: 0, waiting: 0, inFlight: 0, hold: undefined }),
  snapshot: () => ({ limitPerMinute: 1, used: [], heldUntilEpochMs: 0, holdReason: undefined, bans: 0 }),
  restore: () => undefined,
};

beforeAll(async () => {
  exchange = await FakeExchange.start();
  rest = new BinanceRest({ market: 'usdm', restUrl: exchange.restUrl, budget, retry: { attempts: 1 } });
});

beforeEach(() => {
  asked.length = 0;
  exchange.requests.length = 0;
});

afterAll(async () => {
  rest.close();
  await exchange.close();
});

const trade = (a: number): AggTradeRow => ({ a, p: '1.10', q: '2', f: a, l: a, T: 1_770_000_000_000 + a, m: false }); // prettier-ignore
const bar = (openTime: number): KlineRow => [openTime, '1', '1', '1', '1', '1', openTime + MINUTE_MS - 1, '1', 1, '1', '1', '0']; // prettier-ignore

/** Answers each request with what `rowsOf` makes of its query. */
function serve(rowsOf: (query: URLSearchParams) => readonly unknown[]): void {
  exchange.respond = (response, request) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(rowsOf(searchParams)));
  };
}

/** An exchange that has the trades from `oldest` to `newest`. */
function haveTrades(oldest: number, newest: number, without?: number): void {
  serve((query) => {
    const [fromId, limit] = [Number(query.get('fromId')), Number(query.get('limit'))];
    const first = Math.max(oldest, fromId);
    const ids = Array.from(
      { length: Math.max(0, Math.min(limit, newest - first + 1)) },
      (_, at) => first + at,
    );
    return ids.filter((id) => id !== without).map(trade);
  });
}

async function trades(fromId: number, toId: number): Promise<{ ids: number[]; error?: unknown }> {
  const ids: number[] = [];
  const take = (rows: readonly AggTradeRow[]) => void ids.push(...rows.map(({ a }) => a));
  try {
    expect(await fetchAggTrades(rest, { symbol: 'BTCUSDT', fromId, toId, priority: 7 }, take)).toBe(
      ids.length,
    );
    return { ids };
  } catch (error) {
    return { ids, error };
  }
}

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('aggregate trades of a range of ids', () => {
  it('come complete and in order, in as few pages as there can be, at their priority', async () => {
    haveTrades(1, 10_000);
    expect(await trades(5, 2_504)).toEqual({ ids: span(5, 2_504) });
    expect(exchange.requests.map(({ query }) => `${query.get('fromId')} ${query.get('limit')}`)).toEqual([
      '5 1000', '1005 1000', '2005 500',
    ]); // prettier-ignore
    expect(asked.every(({ weight, priority }) => weight === 20 && priority === 7)).toBe(true);
  });

  it('come for any range that the exchange has, and are refused for any other', async () => {
    const id = fc.integer({ min: 1, max: 3_500 });
    await fc.assert(
      fc.asyncProperty(id, id, id, id, async (a, b, c, d) => {
        const [oldest, newest] = [Math.min(a, b), Math.max(a, b)];
        const [fromId, toId] = [Math.min(c, d), Math.max(c, d)];
        haveTrades(oldest, newest);
        const { ids, error } = await trades(fromId, toId);
        expect(ids).toEqual(fromId < oldest ? [] : span(fromId, Math.min(toId, newest)));
        const isThere = fromId >= oldest && toId <= newest;
        expect(error).toEqual(isThere ? undefined : expect.objectContaining({ code: 'ROWS_UNAVAILABLE' }));
      }),
      { numRuns: 40 },
    );
  });

  it('are taken page by page: the next one is not asked for before', async () => {
    haveTrades(1, 10_000);
    const asksAtTake: number[] = [];
    await fetchAggTrades(rest, { symbol: 'BTCUSDT', fromId: 1, toId: 2_500 }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      asksAtTake.push(exchange.requests.length);
    });
    expect(asksAtTake).toEqual([1, 2, 3]);
  });

  it('that the exchange has deleted are told from the others by an error that names them', async () => {
    haveTrades(700, 10_000);
    const { ids, error } = await trades(5, 900);
    expect(ids).toEqual([]);
    expect(error).toMatchObject({
      code: 'ROWS_UNAVAILABLE',
      message: 'aggregate trades of BTCUSDT: expected 5 to 900, next was 700',
    });
  });

  it('with one missing among them are refused', async () => {
    haveTrades(1, 10_000, 1_500);
    const { ids, error } = await trades(1, 3_000);
    expect(ids).toEqual(span(1, 1_000));
    expect(error).toMatchObject({ code: 'ROWS_UNAVAILABLE' });
  });

  it.each([
    ['the same rows for ever', () => [trade(1), trade(2)], 3],
    ['rows that do not ascend', () => [trade(3), trade(3)], 3],
  ])('are refused from an exchange that gives %s', async (_, rowsOf, fromId) => {
    serve(rowsOf);
    expect((await trades(fromId, 9)).error).toMatchObject({ code: 'ANSWER_MALFORMED' });
    expect(exchange.requests).toHaveLength(1);
  });

  it('pass on what the exchange refuses', async () => {
    exchange.respond = (response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"code":-1100,"msg":"too old"}');
    };
    expect((await trades(1, 9)).error).toMatchObject({ code: 'REQUEST_FAILED', exchangeCode: -1100 });
  });

  it('end with the signal, and with what goes wrong in taking', async () => {
    haveTrades(1, 10_000);
    const abort = new AbortController();
    const range = { symbol: 'BTCUSDT', fromId: 1, toId: 5_000 };
    const aborted = fetchAggTrades(rest, { ...range, signal: abort.signal }, () => abort.abort());
    await expect(aborted).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    const failed = fetchAggTrades(rest, range, () => Promise.reject(new Error('disk full')));
    await expect(failed).rejects.toThrow('disk full');
    expect(exchange.requests.length).toBeLessThanOrEqual(2);
  });

  it.each([[5, 4], [-1, 4], [0.5, 4], [1, NaN]])('cannot be asked for from %d to %d', async (from, to) => {
    expect((await trades(from, to)).error).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(exchange.requests).toEqual([]);
  }); // prettier-ignore
});

describe('bars of a range of open times', () => {
  const startMs = 1_770_000_000_000;
  const open = (at: number) => startMs + at * MINUTE_MS;

  function haveBars(numbers: readonly number[]): void {
    serve((query) => {
      const [from, to] = [Number(query.get('startTime')), Number(query.get('endTime'))];
      const times = numbers.map(open).filter((time) => time >= from && time <= to);
      return times.slice(0, Number(query.get('limit'))).map(bar);
    });
  }

  async function bars(from: number, to: number): Promise<{ numbers: number[]; error?: unknown }> {
    const numbers: number[] = [];
    const take = (rows: readonly KlineRow[]) =>
      void numbers.push(...rows.map(([time]) => (time - startMs) / MINUTE_MS));
    const range = { symbol: 'BTCUSDT', interval: '1m', fromOpenTimeMs: open(from), toOpenTimeMs: open(to) };
    try {
      expect(await fetchKlines(rest, range, take)).toBe(numbers.length);
      return { numbers };
    } catch (error) {
      return { numbers, error };
    }
  }

  it('come complete and in order, at a weight of 2 a page', async () => {
    haveBars(span(0, 2_000));
    expect(await bars(3, 1_200)).toEqual({ numbers: span(3, 1_200) });
    expect(asked.map(({ weight }) => weight)).toEqual([2, 2, 2]);
  });

  it('come without those between them that the exchange never made', async () => {
    haveBars(span(0, 2_000).filter((at) => at < 400 || at > 600));
    expect(await bars(300, 700)).toEqual({ numbers: [...span(300, 399), ...span(601, 700)] });
  });

  it('are refused where the first or the last is missing, after those before it', async () => {
    haveBars(span(100, 1_000));
    expect(await bars(99, 200)).toMatchObject({ numbers: [], error: { code: 'ROWS_UNAVAILABLE' } });
    expect(await bars(100, 1_001)).toMatchObject({
      numbers: span(100, 1_000),
      error: { code: 'ROWS_UNAVAILABLE' },
    });
  });
});
