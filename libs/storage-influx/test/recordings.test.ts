import { existsSync } from 'node:fs';
import path from 'node:path';
import { captureFiles, readCapture, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { countPoints, describeWithInflux, influxServer, query, withSink } from './influx-server.ts';

const recording = path.resolve('../shared/data/usdm-2021-07-22');
const maybe = existsSync(recording) ? it : it.skip;
if (!existsSync(recording)) console.warn(`skipped: no recordings in ${recording}`);

interface Event {
  readonly stream: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Streams of the recording by their measurement. */
const STREAMS = { aggTrade: 'aggtrade', bookTicker: 'bookticker', kline_1m: 'kline' } as const;

describeWithInflux('a real recording', () => {
  const server = influxServer();

  maybe('becomes a point a message, twice sent or once, with the sums of its numbers', async () => {
    const builder = new RecordBatchBuilder(1024 * 1024);
    const counts: Record<string, number> = { aggtrade: 0, bookticker: 0, kline: 0 };
    const sums = { price: 0, best_ask_qty: 0, ids: 0 };
    for (const { path: file, symbol } of await captureFiles(recording)) {
      for await (const { bytes, receivedAtNs } of readCapture(file)) {
        const { stream, data } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Event;
        const name = stream?.split('@')[1] as keyof typeof STREAMS;
        if (STREAMS[name] === undefined) continue;
        const receivedAtUs = Number(receivedAtNs / 1000n);
        const meta = { stream: `${symbol}@${name}`, receivedAtUs, line: 0, connectionId: 1 };
        builder.append({ type: RECORD_TYPE.frame, ...meta }, bytes);
        counts[STREAMS[name]]!++;
        if (name === 'aggTrade') sums.price += Number(data['p']);
        if (name === 'aggTrade') sums.ids += Number(data['a']);
        if (name === 'bookTicker') sums.best_ask_qty += Number(data['A']);
      }
    }
    const batch = builder.take();
    await withSink(server(), async (sink, database) => {
      for (const position of [1, 2]) {
        await sink.append(batch, position);
        for (const [measurement, count] of Object.entries(counts))
          expect([measurement, await countPoints(server(), database, measurement)]).toEqual([
            measurement,
            count,
          ]);
      }
      expect(sink.stats().rejected).toBe(0);
      const sum = async (field: string, measurement: string) =>
        Number((await query(server(), database, `SELECT sum(${field}) AS s FROM ${measurement}`))[0]?.['s']);
      expect(await sum('price', 'aggtrade')).toBeCloseTo(sums.price, 6);
      expect(await sum('best_ask_qty', 'bookticker')).toBeCloseTo(sums.best_ask_qty, 4);
      expect(await sum('agg_trade_id', 'aggtrade')).toBe(sums.ids);
    });
  });
});
