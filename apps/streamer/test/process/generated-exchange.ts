import { join } from 'node:path';
import { type Exchange, startExchange } from '@org/exchange-simulator';
import { Recorder, temporaryFolder } from './recorder.ts';

export interface Setup {
  readonly exchange: Exchange;
  readonly recorder: Recorder;
  /** Starts another recorder with the same configuration, when the one before has ended. */
  readonly startAgain: () => Recorder;
  /** The output folder. */
  readonly data: string;
  /** Holds the output folder and everything else; gone after the test. */
  readonly folder: string;
}

/** A recorder at work on a generated market, taken down whatever the test does. */
export async function whileRecording(
  options: {
    readonly symbols?: readonly string[];
    readonly config?: Record<string, unknown>;
    readonly network?: Record<string, unknown>;
    /** Pairs of the configuration where they differ from what the exchange lists. */
    readonly pairs?: readonly string[];
    readonly streams?: readonly string[];
    readonly storage?: Record<string, unknown>;
    /** The program, given the folder of the test; the recorder by default. */
    readonly main?: (folder: string) => string;
  },
  test: (setup: Setup) => Promise<void>,
): Promise<void> {
  const symbols = options.symbols ?? ['BTCUSDT', 'ETHUSDT'];
  const folder = temporaryFolder();
  const exchange = await startExchange({ symbols, port: 0, seed: 7 });
  const data = join(folder.path, 'data');
  const config = {
    network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl, ...options.network },
    symbols: { pairs: options.pairs ?? symbols, ...(options.streams ? { streams: options.streams } : {}) },
    storage: { output_dir: data, ...options.storage },
    ...options.config,
  };
  const recorders: Recorder[] = [];
  const startAgain = (): Recorder => {
    const recorder = Recorder.start(folder.path, config, options.main?.(folder.path));
    recorders.push(recorder);
    return recorder;
  };
  try {
    await test({ exchange, recorder: startAgain(), startAgain, data, folder: folder.path });
  } finally {
    for (const recorder of recorders) await recorder.destroy();
    await exchange.stop();
    folder.remove();
  }
}
