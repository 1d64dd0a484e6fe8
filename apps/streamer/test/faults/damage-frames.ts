import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '../process/recorder.ts';
import { rowsOf } from './audit.ts';
import { conclude, type Conclusion } from './conclusion.ts';
import { depthMessages, snapshotDelaysMs } from './depth-messages.ts';
import { connectionsDeliver, type ExchangeReport } from './exchange-report.ts';
import { isLive, type RecordingOptions, whileUnderLoad } from './recording.ts';

/** One minute of the market passes in one second, so that bars close while a test looks on. */
const SPEED = 60;

/** The market lies in the past, for REST gives a bar as closed when its end is over. */
const HOURS_AGO = 12;

/** One fault, and how long it takes until it is over. */
export interface FrameFault {
  readonly fault: Readonly<Record<string, unknown>>;
  readonly lastsMs: number;
  /** It must leave no gap row. */
  readonly isHarmless?: boolean;
}

export interface DamageFramesOptions extends RecordingOptions {
  readonly faults: readonly FrameFault[];
  /** Time for the last repairs, at most. */
  readonly repairWithinMs: number;
}

export interface DamageFramesFigures extends Conclusion {
  readonly faults: string;
  /** Faults that should have left no gap and did. */
  readonly harmful: readonly string[];
  readonly gapsOpen: number;
  readonly bars: number;
  /** Bars that have no closed row, though later ones are there. */
  readonly unclosedBars: readonly string[];
  readonly depthBreaks: number;
  /** From a break of the depth stream to the next snapshot in the file. */
  readonly worstSnapshotDelayMs: number;
}

const count = (recorder: Recorder, event: RegExp): number =>
  recorder.output().stderr.match(new RegExp(event, 'g'))?.length ?? 0;

/** Breaks of streams that REST can repair, and were not repaired yet. */
const gapsOpen = (recorder: Recorder): number =>
  count(recorder, /GapDetected stream=\S+@(aggTrade|kline)/) - count(recorder, /GapHealed/);

/** Damages, drops and repeats messages, one fault after the other. */
export async function damageFrames(options: DamageFramesOptions): Promise<DamageFramesFigures> {
  let figures: DamageFramesFigures | undefined;
  const startTime = new Date(Date.now() - HOURS_AGO * 3_600_000).toISOString();
  const market = ['--start-time', startTime, '--speed', String(SPEED), ...(options.exchange ?? [])];
  await whileUnderLoad({ ...options, exchange: market }, async (recording) => {
    const { exchange, recorder, data, symbols } = recording;
    await recorder.statusWhen(isLive);
    const { connections } = await exchange.report<ExchangeReport>();
    const harmful: string[] = [];
    for (const { fault, lastsMs, isHarmless } of options.faults) {
      const before = count(recorder, /GapDetected/);
      await exchange.inject(fault);
      await sleep(lastsMs);
      await connectionsDeliver(exchange, connections.length);
      await recorder.statusWhen(isLive);
      if (isHarmless === true && count(recorder, /GapDetected/) > before)
        harmful.push(String(fault['fault']));
    }
    await recorder.statusWhen(() => gapsOpen(recorder) === 0, options.repairWithinMs).catch(() => undefined);
    const open = gapsOpen(recorder);
    const conclusion = await conclude(recording);
    const delays = await Promise.all(
      symbols.map(async (symbol) => snapshotDelaysMs(await depthMessages(join(data, symbol)))),
    );
    figures = {
      ...conclusion,
      faults: options.faults.map(({ fault }) => String(fault['fault'])).join(' '),
      harmful,
      gapsOpen: open,
      ...bars(data, symbols),
      depthBreaks: delays.flat().length,
      worstSnapshotDelayMs: Math.round(Math.max(0, ...delays.flat())),
    };
  });
  return figures!;
}

/** Every minute from the first bar to the last must have been told to its end. */
function bars(data: string, symbols: readonly string[]): Pick<DamageFramesFigures, 'bars' | 'unclosedBars'> {
  const unclosedBars: string[] = [];
  let total = 0;
  for (const symbol of symbols) {
    const rows = rowsOf(join(data, symbol), 'kline');
    const opens = rows.map(([open]) => Number(open));
    const closed = new Set(rows.filter((row) => row[13] === 'true').map(([open]) => Number(open)));
    for (let open = Math.min(...opens); open < Math.max(...opens); open += 60_000, total++)
      if (!closed.has(open)) unclosedBars.push(`${symbol} ${new Date(open).toISOString()}`);
  }
  return { bars: total, unclosedBars };
}

export function frameFigures(figures: DamageFramesFigures): object {
  const { faults, gapsOpen, bars, unclosedBars, depthBreaks, worstSnapshotDelayMs } = figures;
  return { faults, gapsOpen, bars, unclosedBars: unclosedBars.length, depthBreaks, worstSnapshotDelayMs };
}
