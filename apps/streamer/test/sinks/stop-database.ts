import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startPostgres } from '../../../../tools/test-servers/postgres.mjs';
import { rowsOf } from '../faults/audit.ts';
import { chanceOf } from '../faults/chance.ts';
import { type Ending, endOf } from '../faults/ending.ts';
import { eventsOf, isLive, whileUnderLoad } from '../faults/recording.ts';
import type { Status } from '../process/recorder.ts';
import { processOf, sinkOf } from './second-store.ts';

/** What a store of rows has of one symbol: how many, how many different ones, and the sum of their ids. */
interface Stored {
  readonly aggTrades: string;
  readonly bars: string;
  readonly depth: string;
}

export interface StopDatabaseFigures extends Ending {
  readonly eventsWhileDown: number;
  readonly backlogBytesMax: number;
  readonly caughtUpMs: number;
  readonly sinkKills: number;
  readonly serverKills: number;
  /** By symbol: what the files have and what the database has. */
  readonly files: Readonly<Record<string, Stored>>;
  readonly database: Readonly<Record<string, Stored>>;
  readonly writeP99Ms: number;
}

/**
 * Records into files and a real PostgreSQL, stops the server for a while and starts it again; with `kills`, kills it and its
 * sink at moments of chance afterwards. Then both stores are compared.
 */
export async function stopDatabase(options: {
  readonly seed: number;
  readonly symbols: readonly string[];
  readonly exchange: readonly string[];
  readonly stopMs: number;
  readonly kills: number;
}): Promise<StopDatabaseFigures> {
  const chance = chanceOf(options.seed);
  const data = mkdtempSync(join(tmpdir(), 'stop-database-'));
  const server = await startPostgres();
  const storage = { output_dir: data, formats: ['csv', 'postgres'], postgres: { url: server.url } };
  let figures: StopDatabaseFigures | undefined;
  try {
    await whileUnderLoad({ ...options, data, config: { storage } }, async ({ recorder, symbols }) => {
      const follows = (status: Status): boolean => isLive(status) && sinkOf(status).state === 'following';
      await recorder.statusWhen(follows, 60_000);
      const before = eventsOf(await recorder.status());
      await server.kill();
      const endsAtMs = performance.now() + options.stopMs;
      let backlogBytesMax = 0;
      while (performance.now() < endsAtMs) {
        await sleep(Math.min(1000, options.stopMs / 4));
        backlogBytesMax = Math.max(backlogBytesMax, sinkOf(await recorder.status()).backlogBytes);
      }
      const eventsWhileDown = eventsOf(await recorder.status()) - before;
      await server.restart();
      const startedAtMs = performance.now();
      const caughtUp = (status: Status): boolean => follows(status) && sinkOf(status).backlogBytes < 1e6;
      await recorder.statusWhen(caughtUp, 120_000);
      const caughtUpMs = Math.round(performance.now() - startedAtMs);
      let sinkKills = 0;
      for (let kill = 0; kill < options.kills; kill++) {
        await sleep(chance() * 2000);
        if (chance() < 0.5) {
          const { pid, restarts } = processOf(await recorder.status(), 'sink-postgres');
          process.kill(pid, 'SIGKILL');
          await recorder.statusWhen(
            (status) => processOf(status, 'sink-postgres').restarts > restarts,
            60_000,
          );
          sinkKills++;
        } else {
          await server.kill();
          await sleep(chance() * 1000);
          await server.restart();
        }
        // What is told may be of before the kill: rows that come after it prove that the store is there again.
        const { rows } = sinkOf(await recorder.status());
        await recorder.statusWhen((status) => caughtUp(status) && sinkOf(status).rows > rows, 120_000);
      }
      const { p99 } = (await recorder.status()).writeLatencyMs;
      const ending = await endOf({ recorder, data, symbols });
      figures = {
        ...ending,
        eventsWhileDown,
        backlogBytesMax,
        caughtUpMs,
        sinkKills,
        serverKills: options.kills - sinkKills,
        files: Object.fromEntries(symbols.map((symbol) => [symbol, inFiles(data, symbol)])),
        database: await inDatabase(server.url, symbols),
        writeP99Ms: p99,
      };
    });
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
  return figures!;
}

const sumOf = (ids: readonly number[]): bigint => ids.reduce((sum, id) => sum + BigInt(id), 0n);
const told = (count: number, distinct: number, sum: bigint): string => `${count} ${distinct} ${sum}`;

function inFiles(data: string, symbol: string): Stored {
  const folder = join(data, symbol);
  const aggTrades = rowsOf(folder, 'aggtrade').map(([id]) => Number(id));
  const bars = rowsOf(folder, 'kline').map(([openTime]) => Number(openTime));
  // A row a level: a message is what has one receipt, type and id.
  const messages = new Map(
    rowsOf(folder, 'depth').map((row) => [`${row[0]} ${row[4]} ${row[6]}`, Number(row[4])]),
  );
  const depth = [...messages.values()];
  return {
    aggTrades: told(aggTrades.length, new Set(aggTrades).size, sumOf(aggTrades)),
    bars: told(bars.length, new Set(bars).size, sumOf(bars)),
    depth: told(depth.length, messages.size, sumOf(depth)),
  };
}

async function inDatabase(url: string, symbols: readonly string[]): Promise<Record<string, Stored>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const one = async (columns: string, table: string, symbol: string): Promise<string> => {
    const sql = `select concat_ws(' ', ${columns}) as told from market_data.${table} where symbol = $1`;
    return (await client.query<{ told: string }>(sql, [symbol])).rows[0]!.told;
  };
  const stored: Record<string, Stored> = {};
  for (const symbol of symbols)
    stored[symbol] = {
      aggTrades: await one('count(*), count(distinct agg_trade_id), sum(agg_trade_id)', 'agg_trades', symbol),
      bars: await one(
        'count(*), count(distinct open_time), sum((extract(epoch from open_time) * 1000)::bigint)',
        'klines',
        symbol,
      ),
      depth: await one(
        'count(*), count(distinct (local_time, final_update_id, update_type)), sum(final_update_id)',
        'depth_events',
        symbol,
      ),
    };
  await client.end();
  return stored;
}
