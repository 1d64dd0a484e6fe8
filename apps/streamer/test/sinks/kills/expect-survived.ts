import { seedOfRun } from '../../faults/chance.ts';
import { printFigures } from '../../faults/figures.ts';
import { killSink } from './kill-sink.ts';
import { type StoreName, STORES } from './stores.mjs';

/** The same for every store: rows in it = rows sent, and every one of them is another. */
export function describeKills(play: {
  readonly kills: number;
  readonly batches: number;
  readonly tradesABatch: number;
}): void {
  const names: readonly StoreName[] = ['csv', 'postgres', 'influx', 'nats'];
  for (const store of names) {
    const test = STORES[store].isHere() ? it : it.skip;
    test(`${store} holds every row once while its sink and its server are killed${STORES[store].isHere() ? '' : ' (not here: no server)'}`, async () => {
      const seed = seedOfRun();
      const { sent, rows, distinct, sum, ...counts } = await killSink(store, { seed, ...play });
      printFigures(`${store} under kill -9`, { seed, sent, rows, distinct, ...counts });
      expect({ seed, rows, distinct, sum }).toEqual({
        seed,
        rows: sent,
        distinct: sent,
        sum: (sent * (sent + 1)) / 2,
      });
      // One that comes while nobody lives, or at the very end, hits nobody.
      expect(counts.sinkKills + counts.serverKills).toBeGreaterThan(play.kills / 2);
      expect(Math.min(counts.sinkKills, store === 'csv' ? 1 : counts.serverKills)).toBeGreaterThan(0);
    }, 600_000);
  }
}
