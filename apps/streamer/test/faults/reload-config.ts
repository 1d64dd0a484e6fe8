import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type Recorder } from '../process/recorder.ts';
import { gapRowsOf, rowsOf } from './audit.ts';
import { conclude, type Conclusion } from './conclusion.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { eventsOf, isLive, type Recording, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface ReloadConfigOptions extends RecordingOptions {
  /** How many times another configuration comes; the two below take turns. */
  readonly reloads: number;
  /** How many connections must have been replaced by themselves before it ends; default 0. */
  readonly rotationsMin?: number;
}

export interface ReloadConfigFigures extends Conclusion {
  readonly reloads: number;
  readonly worstReloadMs: number;
  /** Gap rows by symbol. */
  readonly gaps: Readonly<Record<string, number>>;
  /** Rows of the bar that only the second configuration has. */
  readonly addedRows: number;
  /** Connections that still carried a symbol after it was removed. */
  readonly leftOver: number;
}

const STREAMS = ['aggTrade', 'depth@0ms', 'kline_1m'];

/** One symbol always, one at first, one later together with another stream. */
export const STAYS = 'BTCUSDT';
export const GOES = 'ETHUSDT';
export const COMES = 'SOLUSDT';
export const RELOAD_SYMBOLS = [STAYS, GOES, COMES];
const FIRST = { pairs: [STAYS, GOES], streams: STREAMS };
const SECOND = { pairs: [STAYS, COMES], streams: [...STREAMS, 'kline_5m'] };

const count = (recorder: Recorder, event: string): number =>
  recorder.output().stderr.match(new RegExp(` ${event}\\b`, 'g'))?.length ?? 0;

/** Gives the running recorder other configurations, and in between one that cannot be read. */
export async function reloadConfig(options: ReloadConfigOptions): Promise<ReloadConfigFigures> {
  let figures: ReloadConfigFigures | undefined;
  await whileUnderLoad(
    { ...options, symbols: RELOAD_SYMBOLS, config: { ...options.config, symbols: FIRST } },
    async (recording) => {
      const { recorder, data, folder } = recording;
      await recorder.statusWhen(isLive);
      let worstReloadMs = 0;
      let leftOver = 0;
      for (let reload = 0; reload < options.reloads; reload++) {
        const beganAtMs = performance.now();
        const next = reload % 2 === 0 ? SECOND : FIRST;
        await reloaded(recording, next);
        worstReloadMs = Math.max(worstReloadMs, performance.now() - beganAtMs);
        leftOver += await carried(recording, reload % 2 === 0 ? GOES : COMES);
        await refused(recorder, join(folder, 'config.yaml'));
      }
      await recorder.statusWhen(
        () => count(recorder, 'ConnectionRotated') >= (options.rotationsMin ?? 0),
        40_000,
      );
      const symbols = options.reloads % 2 === 1 ? SECOND.pairs : FIRST.pairs;
      const gaps = (symbol: string) => [symbol, gapRowsOf(join(data, symbol)).length] as const;
      figures = {
        ...(await conclude({ ...recording, symbols })),
        reloads: options.reloads,
        worstReloadMs: Math.round(worstReloadMs),
        gaps: Object.fromEntries(RELOAD_SYMBOLS.map(gaps)),
        addedRows: rowsOf(join(data, STAYS), 'kline').filter((row) => row[12] === '5m').length,
        leftOver,
      };
    },
  );
  return figures!;
}

/** Resolves when every stream of the new configuration delivers and the old workers have left. */
async function reloaded({ recorder, folder }: Recording, symbols: typeof FIRST): Promise<void> {
  const file = join(folder, 'config.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...config, symbols }));
  const before = count(recorder, 'Reloaded');
  process.kill(recorder.pid, 'SIGHUP');
  await eventually(
    () => count(recorder, 'Reloaded') > before,
    () => recorder.output().stderr.slice(-3000),
    60_000,
  );
  await recorder.statusWhen(
    (status) =>
      isLive(status) &&
      status.books.length === symbols.pairs.length &&
      status.streams.length === symbols.pairs.length * symbols.streams.length &&
      status.streams.every(({ events }) => events > 0),
    40_000,
  );
}

/** How many open connections carry the symbol. */
async function carried({ exchange }: Recording, symbol: string): Promise<number> {
  const report = await exchange.report<ExchangeReport>();
  const prefix = `${symbol.toLowerCase()}@`;
  return report.connections.filter(
    ({ end, streams }) => end === 'open' && streams.some((stream) => stream.startsWith(prefix)),
  ).length;
}

/** A configuration that cannot be read, and one with an unknown key, change nothing. */
async function refused(recorder: Recorder, file: string): Promise<void> {
  const good = readFileSync(file, 'utf8');
  const { processes } = await recorder.status();
  for (const bad of [`${good.slice(0, -5)}`, good.replace('"pairs"', '"pears"')]) {
    writeFileSync(file, bad);
    const before = count(recorder, 'ReloadRefused');
    process.kill(recorder.pid, 'SIGHUP');
    await eventually(
      () => count(recorder, 'ReloadRefused') > before,
      () => recorder.output().stderr.slice(-3000),
    );
  }
  writeFileSync(file, good);
  const status = await recorder.status();
  const pids = (all: typeof processes) => all.map(({ pid }) => pid).join();
  if (pids(status.processes) !== pids(processes)) throw new Error('a refused reload has changed processes');
  await recorder.statusWhen((later) => eventsOf(later) > eventsOf(status));
}
