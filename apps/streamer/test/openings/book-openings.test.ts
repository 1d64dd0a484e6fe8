import { Buffer } from 'node:buffer';
import { FrameFields } from '@org/binance-wire';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { type OpeningPlace, Periods } from '@org/storage-csv';
import { leveledLog } from '../../src/logging/child-log.ts';
import { BookOpenings } from '../../src/order-book/book-openings.ts';
import { BookShelf } from '../../src/order-book/book-shelf.ts';

const STREAM = 'BTCUSDT@depth@0ms';
const SECOND_US = 1_000_000;
const PERIOD_S = 10;

type Level = readonly [price: string, quantity: string];

/** A shelf whose openings are put down as the disk lets them. */
function world(options: { readonly symbols?: readonly string[]; readonly disk?: () => Promise<void> } = {}) {
  const puts: (OpeningPlace & { readonly body: string })[] = [];
  const wanted: string[] = [];
  const logged: string[] = [];
  const log = leveledLog((_, event) => void logged.push(event));
  const snapshotWanted = (symbol: string): void => void wanted.push(symbol);
  const openings = new BookOpenings({
    periods: new Periods(PERIOD_S * 1000),
    folder: {
      put: async (place, body) => {
        await options.disk?.();
        puts.push({ ...place, body: body.toString() });
      },
    },
    token: 'test',
    log,
    snapshotWanted,
  });
  const shelf = new BookShelf({
    symbols: options.symbols ?? ['BTCUSDT'],
    fields: new FrameFields(),
    staleAfterMs: 1000,
    clock: { wallUs: () => 0, setTimeout: () => ({}), clearTimeout: () => undefined },
    log,
    joined: () => undefined,
    snapshotWanted,
    openings,
  });
  const diff = (atS: number, pu: number, u: number, bids: readonly Level[] = [], symbol = 'BTCUSDT'): void =>
    shelf.take(
      batchOf(RECORD_TYPE.frame, atS, { e: 'depthUpdate', E: atS * 1000, s: symbol, U: pu + 1, u, pu, b: bids, a: [] }, { order: u, follows: pu }, symbol), // prettier-ignore
    );
  const snapshot = (atS: number, lastUpdateId: number): void =>
    shelf.take(batchOf(RECORD_TYPE.depthSnapshot, atS, { lastUpdateId, E: 7, T: 6, bids: [['1.10', '2.000']], asks: [['1.20', '0.050']] })); // prettier-ignore
  const written = async (): Promise<typeof puts> => {
    await openings.finish(10_000, { setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout) }); // prettier-ignore
    return puts;
  };
  return { shelf, openings, diff, snapshot, written, puts, wanted, logged };
}

function batchOf(type: 1 | 2, atS: number, data: object, ids: object = {}, symbol = 'BTCUSDT'): Buffer {
  const builder = new RecordBatchBuilder(1024);
  const stream = STREAM.replace('BTCUSDT', symbol);
  const body = type === RECORD_TYPE.frame ? { stream: stream.toLowerCase(), data } : data;
  builder.append({ type, stream, receivedAtUs: atS * SECOND_US, line: 0, connectionId: 1, ...ids }, Buffer.from(JSON.stringify(body))); // prettier-ignore
  return builder.take();
}

const NO_BOOK = { symbol: 'BTCUSDT', period: '1970-01-01T00-00-10', body: '' };

describe('the opening of a period', () => {
  it('is the book right before the first message, as the exchange prints it', async () => {
    const { diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12, [['1.05', '3.500']]);
    diff(10, 12, 14, [['1.00', '1.000']]);
    diff(11, 14, 16, [['0.90', '1.000']]);
    const [opening, ...more] = await written();
    expect(more).toEqual([]);
    expect({ ...opening, body: JSON.parse(opening!.body) as unknown }).toEqual({
      ...NO_BOOK,
      body: {
        lastUpdateId: 12,
        E: 6000,
        symbol: 'BTCUSDT',
        bids: [['1.10', '2.000'], ['1.05', '3.500']], // prettier-ignore
        asks: [['1.20', '0.050']],
      },
    });
  });

  it('is that of the period in which the stream speaks again, however much later', async () => {
    const { diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12);
    diff(307, 12, 14);
    expect((await written()).map(({ period }) => period)).toEqual(['1970-01-01T00-05-00']);
  });

  it('is made once, also when a message of the period before comes late', async () => {
    const { diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12);
    diff(10, 12, 14);
    diff(9, 14, 16);
    diff(11, 16, 18);
    expect((await written()).map(({ period }) => period)).toEqual(['1970-01-01T00-00-10']);
  });

  it('is made by a REST snapshot as well, when that comes first', async () => {
    const { diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12);
    snapshot(10, 13);
    diff(11, 12, 14);
    expect((await written()).map(({ body }) => (JSON.parse(body) as { lastUpdateId: number }).lastUpdateId)).toEqual([12]); // prettier-ignore
  });

  it('is the snapshot itself when no diff came since and the first one follows it', async () => {
    const { diff, snapshot, written, wanted } = world();
    diff(4, 9, 10);
    snapshot(5, 10);
    diff(10, 10, 12);
    expect((await written()).map(({ body }) => (JSON.parse(body) as { lastUpdateId: number }).lastUpdateId)).toEqual([10]); // prettier-ignore
    expect(wanted).toEqual([]);
  });

  it('is none when the first diff reaches back behind the snapshot, and a snapshot is wished for', async () => {
    const { diff, snapshot, written, wanted } = world();
    snapshot(5, 10);
    diff(10, 9, 12);
    expect(await written()).toEqual([NO_BOOK]);
    expect(wanted).toEqual(['BTCUSDT']);
  });

  it('is none at a gap, nor while the book waits for its snapshot', async () => {
    const { diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12);
    diff(10, 13, 14);
    diff(20, 14, 16);
    expect((await written()).map(({ period, body }) => ({ period, body }))).toEqual([
      { period: '1970-01-01T00-00-10', body: '' },
      { period: '1970-01-01T00-00-20', body: '' },
    ]);
  });

  it('is none for a stream that was not met before', async () => {
    const { diff, written } = world();
    diff(10, 9, 12);
    expect(await written()).toEqual([]);
  });

  it('is still made after the books to keep were named again', async () => {
    const { shelf, diff, snapshot, written } = world();
    snapshot(5, 10);
    diff(6, 9, 12);
    shelf.keep(['BTCUSDT', 'ETHUSDT']);
    diff(10, 12, 14);
    expect(await written()).toHaveLength(1);
  });

  it('costs nobody anything when it cannot be written', async () => {
    const { shelf, diff, snapshot, written, logged } = world({
      disk: () => Promise.reject(new Error('full')),
    });
    snapshot(5, 10);
    diff(6, 9, 12);
    diff(10, 12, 14);
    diff(20, 14, 16);
    expect(await written()).toEqual([]);
    expect(logged.filter((line) => line === 'OpeningFailed')).toHaveLength(2);
    expect(shelf.reports()).toMatchObject([{ state: 'live', lastUpdateId: 16 }]);
  });

  it('is skipped when thousands wait for a disk that hangs', () => {
    const { diff, snapshot, puts, logged } = world({ disk: () => new Promise(() => undefined) });
    snapshot(5, 10);
    for (let period = 0; period < 4200; period++) diff(6 + PERIOD_S * period, 10 + period, 11 + period);
    expect(puts).toEqual([]);
    expect(logged.filter((line) => line === 'OpeningSkipped')).toHaveLength(4199 - 1 - 4096);
  });
});
