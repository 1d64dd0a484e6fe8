import { availableParallelism } from 'node:os';
import type { StreamerConfig } from '@org/config';
import type { Expectation } from '../monitoring/recorder-status.ts';
import { assignSymbols, planWorkers, type WorkerPlan } from './assign-symbols.ts';

/** What is recorded by whom; another configuration makes another one. */
export interface RecorderPlan {
  readonly config: StreamerConfig;
  readonly symbols: readonly string[];
  readonly workers: readonly WorkerPlan[];
  /** Tells the processes of this plan from those of the one before. */
  readonly generation: number;
  /** Streams of the configuration that are not recorded for now, for want of room on the disk. */
  readonly shed?: readonly string[];
}

/** Streams of every symbol that are recorded now. */
export function recordedStreams({ config, shed = [] }: RecorderPlan): readonly string[] {
  return config.symbols.streams.filter((stream) => !shed.includes(stream));
}

/** What tells the processes of one plan from those of another. */
export interface PlanNumbers {
  readonly generation: number;
  /** Counts the configurations of this recorder, from 0; workers of different ones have different ids. */
  readonly revision: number;
}

/** `weightOf`: events a second to expect of a symbol; all alike when nothing is known. */
export function planRecorder(
  config: StreamerConfig,
  symbols: readonly string[],
  { generation, revision }: PlanNumbers,
  weightOf?: (symbol: string) => number,
): RecorderPlan {
  const hands = assignSymbols(symbols, config.symbols.perWorker, availableParallelism(), weightOf);
  const workers = planWorkers(hands, config.network.redundancy);
  const suffix = revision === 0 ? '' : `-r${revision}`;
  return {
    config,
    symbols,
    workers: workers.map((worker) => ({ ...worker, id: `${worker.id}${suffix}` })),
    generation,
  };
}

/** `joined`: symbols that were added while recording, and keep nobody from being ready. */
export function expectationOf(plan: RecorderPlan, joined: ReadonlySet<string> = new Set()): Expectation {
  const { symbols, workers } = plan;
  const streams = recordedStreams(plan);
  return {
    joined,
    symbolsOf: new Map([
      ['order-book', symbols],
      ...workers.map(({ id, symbols: hand }) => [id, hand] as const),
    ]),
    streams: symbols.flatMap((symbol) => streams.map((stream) => `${symbol}@${stream}`)),
  };
}
