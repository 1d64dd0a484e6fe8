import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, isAlive } from '../process/recorder.ts';
import { type ExchangeReport, reportWhen } from './exchange-report.ts';
import { isLive, type Recording, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface StartUnderLimitOptions extends RecordingOptions {
  /** Request weight that the exchange allows in a minute. */
  readonly weightLimit: number;
  /** How long the exchange refuses everything, from the moment when a third of the snapshots was asked for. */
  readonly banMs: number;
  /** Kill all processes of the recorder during the ban, and start again; `amnesic`: without what they wrote down of it. */
  readonly restart: boolean | 'amnesic';
  /** Every answer takes so long, so that the start has a middle. */
  readonly answerMs: number;
  /** All books must be in sync within this time. */
  readonly timeoutMs: number;
}

export interface StartUnderLimitFigures {
  readonly symbols: number;
  readonly inSyncAfterMs: number;
  readonly requests: number;
  readonly weight: number;
  readonly highestRolling: number;
  readonly highestFixed: number;
  /** Requests that arrived during the ban: those that found it out. */
  readonly refused: number;
  /** Requests during the ban that came when it was known. */
  readonly defiant: number;
  /** Snapshots that were asked for before as many symbols had a stream. */
  readonly premature: number;
}

/** What the budget of the machine writes when it hears of a ban. */
const BAN_FILE = /ban\W\d+$/;

/** Requests that were under way when the first answer told of the ban. */
const UNDER_WAY_MS = 500;

const depthRequests = ({ restUsage }: ExchangeReport) =>
  restUsage.requests.filter(({ path }) => path.endsWith('/depth'));

/** Starts with many symbols, all of which need a snapshot, and bans the address in the middle of it. */
export async function startUnderLimit(options: StartUnderLimitOptions): Promise<StartUnderLimitFigures> {
  const { symbols, weightLimit, answerMs } = options;
  let figures: StartUnderLimitFigures | undefined;
  await whileUnderLoad(
    {
      ...options,
      exchange: ['--weight-limit', String(weightLimit), ...(options.exchange ?? [])],
      prepare: (exchange) =>
        exchange.inject({ fault: 'restSlow', path: 'depth', delay: answerMs, duration: '1h' }),
    },
    async (recording) => {
      const startedAtMs = performance.now();
      const { exchange } = recording;
      await reportWhen(exchange, (report) => depthRequests(report).length >= symbols.length / 3);
      const recorder = await banned(options, recording);
      await recorder.statusWhen(
        (status) => isLive(status) && status.books.length === symbols.length,
        options.timeoutMs - (performance.now() - startedAtMs),
      );
      const inSyncAfterMs = Math.round(performance.now() - startedAtMs);
      const report = await exchange.report<ExchangeReport>();
      const { code, stderr } = await recorder.stop();
      if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
      figures = { symbols: symbols.length, inSyncAfterMs, ...usage(report) };
    },
  );
  return figures!;
}

/** Begins the ban; returns the recorder that lives on. */
async function banned(
  { banMs, restart }: StartUnderLimitOptions,
  { exchange, recorder, data, startAgain }: Recording,
): Promise<Recording['recorder']> {
  await exchange.inject({ fault: 'rest418', banMs });
  if (!restart) return recorder;
  // Whoever is killed before the answer has reached it can tell nobody.
  await eventually(() =>
    readdirSync(join(data, '.budget'), { recursive: true }).some((name) => BAN_FILE.test(String(name))),
  );
  const { processes } = await recorder.status();
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
  await eventually(() => !processes.some(({ pid }) => isAlive(pid)));
  if (restart === 'amnesic') rmSync(join(data, '.budget'), { recursive: true });
  return startAgain();
}

function usage(report: ExchangeReport): Omit<StartUnderLimitFigures, 'symbols' | 'inSyncAfterMs'> {
  const { limits, bans, requests } = report.restUsage;
  const { highestRolling, highestFixed } = limits[0]!;
  const [ban] = bans;
  const knownAtMs = requests.find(({ status }) => status === 418)!.atMs + UNDER_WAY_MS;
  return {
    requests: requests.length,
    weight: requests.reduce((total, { weight }) => total + weight, 0),
    highestRolling,
    highestFixed,
    refused: bans.reduce((total, { requests: met }) => total + met, 0),
    defiant: requests.filter(({ atMs }) => atMs > knownAtMs && atMs < ban!.untilMs).length,
    premature: premature(report),
  };
}

function premature(report: ExchangeReport): number {
  const depthStreams = report.connections.map(({ openedAtMs, streams }) => ({
    openedAtMs,
    count: streams.filter((stream) => stream.includes('@depth')).length,
  }));
  const answered = depthRequests(report).filter(({ status }) => status === 200);
  return answered.filter(({ atMs }, index) => {
    const ready = depthStreams.filter(({ openedAtMs }) => openedAtMs <= atMs);
    return ready.reduce((total, { count }) => total + count, 0) < index + 1;
  }).length;
}
