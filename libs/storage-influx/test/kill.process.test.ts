import { type InfluxSink, isPassing } from '@org/storage-influx';
import {
  aggTrade,
  batchOf,
  countPoints,
  describeWithInflux,
  influxServer,
  newDatabase,
  NOON_MS,
  query,
  sinkOf,
} from './influx-server.ts';

const BATCHES = 40;
const TRADES_A_BATCH = 400;
const TRADES_A_MS = 100;
const KILLS_MIN = 5;

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function batch(index: number): Buffer {
  const first = index * TRADES_A_BATCH;
  return batchOf(
    ...Array.from({ length: TRADES_A_BATCH }, (_, at) => {
      const id = first + at + 1;
      return aggTrade(id, { T: NOON_MS + Math.floor(id / TRADES_A_MS) });
    }),
  );
}

async function untilItPasses<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describeWithInflux('points', () => {
  const server = influxServer();

  it('are in the store once each when server and sink are killed again and again', async () => {
    const seed = Date.now() | 0;
    const random = seeded(seed);
    const database = newDatabase();
    let kills = 0;
    const open = async (): Promise<{ sink: InfluxSink; position: number }> => {
      const sink = sinkOf(server(), database);
      const { position, state, isPositionLost } = await untilItPasses(() => sink.open());
      expect({ seed, isPositionLost, state }).toEqual({
        seed,
        isPositionLost: false,
        state: position === 0 ? undefined : `state ${position}`,
      });
      return { sink, position };
    };
    let { sink, position } = await open();
    let killing: Promise<void> = Promise.resolve();
    while (position < BATCHES || kills < KILLS_MIN) {
      if (random() < 0.15) {
        await killing;
        killing = server().restart();
        kills++;
      }
      if (position < BATCHES) {
        const next = position + 1;
        await untilItPasses(() => sink.append(batch(position), next));
        position = next;
      }
      if (random() < 0.3) await untilItPasses(() => sink.commit(`state ${position}`));
      if (random() < 0.1) {
        await sink.close();
        ({ sink, position } = await open());
      }
    }
    await killing;
    await untilItPasses(() => sink.commit('the end'));
    await sink.close();
    const sent = BATCHES * TRADES_A_BATCH;
    const [sum] = await query(server(), database, 'SELECT sum(agg_trade_id) AS ids FROM aggtrade');
    const points = await countPoints(server(), database, 'aggtrade');
    const last = sinkOf(server(), database);
    const again = await last.open();
    await last.close();
    expect({ seed, points, ids: sum?.['ids'], ...again }).toMatchObject({
      seed,
      points: sent,
      ids: (sent * (sent + 1)) / 2,
      position: BATCHES,
      state: 'the end',
    });
    expect(kills).toBeGreaterThanOrEqual(KILLS_MIN);
  });
});
