import type { StreamerConfig } from '@org/config';
import { streamKind, type StreamKind } from '@org/market-data';

/** What a configuration will ask of the machine; estimates, good to a factor of two or three. */
export interface ExpectedLoad {
  readonly symbols: number;
  readonly workers: number;
  /** Of rows as they are written. */
  readonly bytesPerDay: number;
  /** Of the same rows when their files are closed. */
  readonly closedBytesPerDay: number;
  /** Of all processes together. */
  readonly memoryBytes: number;
  /** What queues may take beyond that while nothing can be written. */
  readonly queueBytes: number;
  /** What queues may take on the disk, and the journal. */
  readonly reservedDiskBytes: number;
  /** Files that the writer would like to keep open. */
  readonly openFiles: number;
  readonly connections: number;
}

const MIB = 1024 * 1024;
const SECONDS_A_DAY = 86_400;

/** Bytes of a row of depth with its level, and levels of an event (docs/performance.md: 2024-07-18, BTCUSDT and ETHUSDT). */
const DEPTH_ROW_BYTES = 110;
const DEPTH_LEVELS_BUSY = 42;
/** A quiet symbol's events are small. */
const DEPTH_LEVELS_QUIET = 10;

/** Events a second at most, by speed of the stream; `depth` alone is 250 ms, and 1 s on spot (developers.binance.com, 2026-11). */
const DEPTH_EVENTS_MAX: Readonly<Record<string, number>> = {
  depth: 4, 'depth@0ms': 33, 'depth@100ms': 10, 'depth@250ms': 4, 'depth@500ms': 2, 'depth@1000ms': 1,
}; // prettier-ignore

/** Events a second of a symbol that is named: such symbols are busy ones (18.7 of depth in the same recording). */
export const BUSY_EVENTS_PER_SECOND = 19;
/** The mean of a whole exchange: 4,500 messages a second of 600 symbols, 60 % of them depth. */
export const MEAN_EVENTS_PER_SECOND = 4.5;

/** Bytes of a row, and rows for each event of depth, at most so many a second. */
const ROWS: Readonly<
  Record<Exclude<StreamKind, 'depth'>, { bytes: number; ofDepth: number; perSecondMax: number }>
> = {
  aggtrade: { bytes: 115, ofDepth: 0.4, perSecondMax: Infinity },
  trade: { bytes: 80, ofDepth: 1, perSecondMax: Infinity },
  bookticker: { bytes: 110, ofDepth: 2, perSecondMax: Infinity },
  kline: { bytes: 210, ofDepth: 0.25, perSecondMax: 4 },
  markprice: { bytes: 110, ofDepth: 1, perSecondMax: 1 },
  ticker: { bytes: 250, ofDepth: 1, perSecondMax: 0.5 },
  miniticker: { bytes: 150, ofDepth: 1, perSecondMax: 0.5 },
  forceorder: { bytes: 150, ofDepth: 0, perSecondMax: 1 },
};

/** gzip of depth rows: 16 in the same recording; quiet symbols repeat less. */
const COMPRESSION = 12;

/** 600 symbols in five processes take 700 MB (README). */
const PROCESS_BYTES = 90 * MIB;
const SYMBOL_BYTES = 0.4 * MIB;

/** What the journal takes at rest (README). */
const JOURNAL_BYTES = 128 * MIB;
const STREAMS_PER_CONNECTION = 200;

export interface LoadQuestion {
  readonly config: StreamerConfig;
  readonly symbols: number;
  /** Of depth, of one symbol. */
  readonly eventsPerSecond: number;
  readonly workers: number;
  /** Addresses that streams of the configuration are spread over. */
  readonly routes: number;
}

export function expectedLoad(question: LoadQuestion): ExpectedLoad {
  const { config, symbols, workers, routes } = question;
  const bytesPerDay = symbols * symbolBytesPerSecond(question) * SECONDS_A_DAY;
  const { streams } = config.symbols;
  const { queueSizeBytes, spoolSizeBytes } = config.performance;
  const streamsOfWorker =
    (symbols * streams.length * config.network.redundancy) / Math.max(1, workers * routes);
  return {
    symbols,
    workers,
    bytesPerDay,
    closedBytesPerDay: config.storage.compression === 'gzip' ? bytesPerDay / COMPRESSION : bytesPerDay,
    memoryBytes: (workers + 3) * PROCESS_BYTES + symbols * SYMBOL_BYTES,
    queueBytes: workers * queueSizeBytes,
    reservedDiskBytes: JOURNAL_BYTES + workers * spoolSizeBytes,
    openFiles: symbols * filesOfSymbol(streams),
    connections: workers * routes * Math.max(1, Math.ceil(streamsOfWorker / STREAMS_PER_CONNECTION)),
  };
}

function symbolBytesPerSecond({ config, eventsPerSecond }: LoadQuestion): number {
  const rows = config.symbols.streams.reduce(
    (total, stream) => total + streamBytes(stream, eventsPerSecond),
    0,
  );
  const { snapshotIntervalMs, snapshotLevels } = config.orderbook;
  const hasDepth = config.symbols.streams.some((stream) => streamKind(stream) === 'depth');
  return rows + (hasDepth ? (2 * snapshotLevels * DEPTH_ROW_BYTES) / (snapshotIntervalMs / 1000) : 0);
}

function streamBytes(stream: string, eventsPerSecond: number): number {
  const kind = streamKind(stream);
  if (kind === undefined) return 0;
  if (kind !== 'depth') {
    const { bytes, ofDepth, perSecondMax } = ROWS[kind];
    return bytes * Math.min(perSecondMax, ofDepth * eventsPerSecond);
  }
  const events = Math.min(DEPTH_EVENTS_MAX[stream] ?? Infinity, eventsPerSecond);
  const busy = Math.min(1, eventsPerSecond / BUSY_EVENTS_PER_SECOND);
  return events * DEPTH_ROW_BYTES * (DEPTH_LEVELS_QUIET + busy * (DEPTH_LEVELS_BUSY - DEPTH_LEVELS_QUIET));
}

/** One a kind of stream, the gaps, and the snapshots of the book. */
function filesOfSymbol(streams: readonly string[]): number {
  const kinds = new Set(streams.map(streamKind));
  return kinds.size + 1 + (kinds.has('depth') ? 1 : 0);
}
