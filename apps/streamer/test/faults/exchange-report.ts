import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../process/recorder.ts';
import type { ExchangeProcess } from './exchange-process.ts';

/** What the tests read of the exchange's report. */
export interface ExchangeReport {
  readonly connections: readonly {
    readonly number: number;
    readonly end: string;
    readonly events: number;
    readonly openedAtMs: number;
    readonly streams: readonly string[];
  }[];
  readonly connectionsAccepted: number;
  readonly rest: readonly { readonly path: string; readonly status: number; readonly requests: number }[];
  readonly restUsage: {
    readonly limits: readonly {
      readonly limit?: number;
      readonly highestRolling: number;
      readonly highestFixed: number;
    }[];
    readonly bans: readonly {
      readonly beganAtMs: number;
      readonly untilMs: number;
      readonly requests: number;
    }[];
    readonly requests: readonly {
      readonly atMs: number;
      readonly path: string;
      readonly weight: number;
      readonly status?: number;
    }[];
  };
  readonly books: readonly {
    readonly symbol: string;
    readonly lastUpdateId: number;
    readonly bids: number;
    readonly asks: number;
    readonly checksum: string;
  }[];
  readonly streams: Readonly<Record<string, { readonly frames: number; readonly dropped: number }>>;
  readonly faults: Readonly<Record<string, number>>;
}

/** Resolves with the first report that fulfils the condition. */
export async function reportWhen(
  exchange: ExchangeProcess,
  condition: (report: ExchangeReport) => boolean,
  timeoutMs = 30_000,
): Promise<ExchangeReport> {
  let report: ExchangeReport | undefined;
  await eventually(
    async () => condition((report = await exchange.report<ExchangeReport>())),
    () => JSON.stringify({ ...report, books: undefined, streams: undefined }).slice(0, 4000),
    timeoutMs,
  );
  return report!;
}

const POLL_MS = 100;
const EVENTS_MIN = 3;

/** Resolves when as many connections as this are open and each has delivered a few events since it was first seen. */
export async function connectionsDeliver(
  exchange: ExchangeProcess,
  expected: number,
  timeoutMs = 30_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  const first = new Map<number, number>();
  for (;;) {
    const open = (await exchange.report<ExchangeReport>()).connections.filter(({ end }) => end === 'open');
    for (const { number, events } of open) if (!first.has(number)) first.set(number, events);
    const isBack = open.every(({ number, events }) => events >= first.get(number)! + EVENTS_MIN);
    if (open.length === expected && isBack) return;
    if (performance.now() > deadlineMs)
      throw new Error(`expected ${expected} connections that deliver, was ${JSON.stringify(open)}`);
    await sleep(POLL_MS);
  }
}
