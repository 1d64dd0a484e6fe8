import { join } from 'node:path';
import { Recorder, type Status, temporaryFolder } from '../process/recorder.ts';
import { ExchangeProcess } from './exchange-process.ts';

export interface Recording {
  readonly exchange: ExchangeProcess;
  readonly recorder: Recorder;
  readonly data: string;
  readonly folder: string;
  readonly symbols: readonly string[];
  /** Starts another recorder on the same folder. */
  readonly startAgain: () => Recorder;
}

export interface RecordingOptions {
  readonly symbols: readonly string[];
  /** Further flags of the exchange. */
  readonly exchange?: readonly string[];
  /** A folder of captures that the exchange plays; without it, it makes up a market. */
  readonly replay?: string;
  readonly config?: Record<string, unknown>;
  readonly network?: Record<string, unknown>;
  /** Called when the exchange is there and the recorder is not. */
  readonly prepare?: (exchange: ExchangeProcess) => void | Promise<void>;
  /** Where the recording goes; default a temporary folder. */
  readonly data?: string;
}

export const isLive = (status: Status): boolean =>
  status.state === 'healthy' && status.books.every(({ state }) => state === 'live');

export const eventsOf = (status: Status): number =>
  status.streams.reduce((total, { events }) => total + events, 0);

/** A recorder against an exchange in a process of its own; both are gone afterwards, whatever the test does. */
export async function whileUnderLoad(
  options: RecordingOptions,
  test: (recording: Recording) => Promise<void>,
): Promise<void> {
  const { symbols } = options;
  const folder = temporaryFolder();
  const market =
    options.replay === undefined ? ['--symbols', symbols.join(',')] : ['--replay', options.replay];
  const exchange = await ExchangeProcess.start([...market, ...(options.exchange ?? [])]);
  const data = options.data ?? join(folder.path, 'data');
  const recorders: Recorder[] = [];
  const start = (): Recorder => {
    const recorder = Recorder.start(folder.path, {
      network: { ...exchange.network, ...options.network },
      symbols: { pairs: symbols },
      storage: { output_dir: data },
      ...options.config,
    });
    recorders.push(recorder);
    return recorder;
  };
  try {
    await options.prepare?.(exchange);
    await test({ exchange, recorder: start(), data, folder: folder.path, symbols, startAgain: start });
  } finally {
    for (const recorder of recorders) await recorder.destroy();
    await exchange.stop();
    folder.remove();
  }
}
