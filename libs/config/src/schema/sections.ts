import { z } from 'zod';
import { addressField, hostField } from './address.ts';
import { clusterFields } from './cluster.ts';
import {
  byteSizeField,
  derivedByteSizeField,
  derivedDurationField,
  durationField,
  folderField,
  integerField,
  notAbove,
  wordField,
} from './field.ts';
import { formatsField, pairsField, streamsField, symbolsField, wordsField } from './name-list.ts';
import { rotationField } from './rotation.ts';
import { consistentSelectors } from './selectors.ts';
import { spaceLimitField } from './space-limit.ts';
import { influxFields, natsFields, postgresFields, userBesidePassword } from './stores.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Refuses unknown keys; what is not a section at all is told in the same words. */
function section<Shape extends z.ZodRawShape>(description: string, shape: Shape) {
  const error = (issue: { readonly code?: string | undefined }) =>
    issue.code === 'invalid_type' ? `a section with the keys ${Object.keys(shape).join(', ')}` : undefined;
  return z.strictObject(shape, { error }).meta({ description });
}

const general = section('What is recorded for how long.', {
  mode: wordField('Record until stopped, or for a duration.', 'continuous', ['continuous', 'timed']),
  // 24 days is what one timer of Node can count (2^31 ms).
  duration: durationField('Length of a timed recording.', '24h', { min: 100, max: 24 * 24 * HOUR }),
  orphan_timeout: durationField(
    'How long workers and writer record on when the primary was killed and no other one comes.',
    '45s',
    { min: 0, max: 24 * HOUR },
  ),
});

const delayMs = { min: 10, max: HOUR };

const reconnect = section(
  'Waiting between attempts to connect again; the delay doubles from the first to the longest.',
  {
    initial_delay: derivedDurationField(
      'Delay before the first new attempt; at most max_delay.',
      '500ms',
      delayMs,
    ),
    max_delay: derivedDurationField('Longest delay between attempts.', '30s', delayMs),
    max_retries: integerField('Failed attempts in a row before giving up; 0 never gives up.', 0, {
      min: 0,
      max: 1_000_000,
    }),
  },
);

const network = section('The exchange and the connections to it.', {
  market: wordField('Product of Binance: USD-M futures, COIN-M futures or spot.', 'usdm', [
    'usdm',
    'coinm',
    'spot',
  ]),
  rest_url: addressField(
    'REST host; coinm and spot have their own default.',
    'https://fapi.binance.com',
    'https',
  ),
  ws_url: addressField(
    'WebSocket host; coinm and spot have their own default.',
    'wss://fstream.binance.com',
    'wss',
  ),
  silence_timeout: durationField('A stream that is silent for longer counts as broken.', '30s', {
    min: 100,
    max: HOUR,
  }),
  // The exchange drops a connection at 24 h, and the successor has to deliver before that.
  // A connection and its successor deliver side by side for a second or more.
  lifetime: durationField('Age at which a connection is replaced by a new one.', '23h30m', {
    min: 2 * SECOND,
    max: 24 * HOUR - 5 * MINUTE,
  }),
  redundancy: integerField('Parallel lines for every stream; 2 survives the loss of one.', 1, {
    min: 1,
    max: 2,
  }),
  reconnect: reconnect.check(notAbove('initial_delay', 'max_delay')).prefault({}),
});

/** `auto`, or a number of symbols a process. */
function perWorkerField() {
  const expected = 'auto or a whole number from 1 to 1024';
  const range = { error: expected };
  return z
    .union([z.literal('auto'), z.int(range).min(1, range).max(1024, range)], range)
    .meta({
      description:
        'Symbols a worker process; auto is 1 up to 8 symbols, then by measured load over the cores.',
      expected,
    })
    .default('auto');
}

const symbols = section('What is recorded.', {
  pairs: pairsField(
    'Symbols to record, in upper or lower case, or "*" for what the exchange lists; the one key without a default.',
  ),
  streams: streamsField('Streams of every symbol.', ['aggTrade', 'depth@0ms', 'kline_1m']),
  per_worker: perWorkerField(),
  quote: wordsField('With "*": only symbols quoted in these assets; empty for all.', 'USDT'),
  contract: wordsField('With "*": only contracts of these types; empty for all.', 'PERPETUAL'),
  top_by_volume: integerField('With "*": only so many, the largest by quote volume of 24 h; 0 for all.', 0, {
    min: 0,
    max: 2000,
  }),
  include: symbolsField('With "*": recorded whenever they trade, whatever the other keys say.'),
  exclude: symbolsField('With "*": never recorded.'),
  refresh_interval: durationField('With "*": time between two looks at what the exchange lists.', '60s', {
    min: SECOND,
    max: HOUR,
  }),
});

const freeSpace = section(
  'Free space of the disk below which something is done; a stage begins at the latest where the next one does.',
  {
    warn: spaceLimitField('Below it: a warning, in the log and in the status.', {
      percent: 10,
      bytes: 20 * GIB,
    }),
    compress: spaceLimitField('Below it: closed files are packed at once.', { percent: 5, bytes: 10 * GIB }),
    shed: spaceLimitField(
      'Below it for 90 s: streams are given up, the last of symbols.streams first; never depth nor aggTrade.',
      { percent: 3, bytes: 5 * GIB },
    ),
    stop: spaceLimitField('Below it for 3 minutes: the recorder ends, with everything stored.', {
      percent: 1,
      bytes: 2 * GIB,
    }),
  },
);

const postgres = section('The PostgreSQL database of the format postgres.', postgresFields());

const influx = section('The InfluxDB of the format influx.', influxFields());

const nats = section('The NATS JetStream of the format nats.', natsFields());

const storage = section('Where and how it is stored.', {
  output_dir: folderField('Folder of the recordings; relative to the working directory.', './data'),
  formats: formatsField('Formats that are written.'),
  rotation: rotationField('When a new file begins, by UTC.', 'daily'),
  compression: wordField('Compression of closed files.', 'gzip', ['gzip', 'none']),
  // A hundred years, as good as for ever.
  retention: durationField('Closed files that are older are removed; 0s keeps them for ever.', '0s', {
    min: 0,
    max: 876_000 * HOUR,
  }),
  free_space: freeSpace.prefault({}),
  sink_backlog: byteSizeField(
    'Bytes that the journal keeps for each database that is behind; beyond them that database gets a gap.',
    '8GiB',
    { min: 64 * MIB, max: 1024 * GIB },
  ),
  postgres: postgres.prefault({}),
  influx: influx.check(userBesidePassword()).prefault({}),
  nats: nats.prefault({}),
});

const performance = section('Queues and batches.', {
  queue_size: byteSizeField('Bytes that may wait in the memory of a worker for the writer.', '64MiB', {
    min: 64 * KIB,
    max: 16 * GIB,
  }),
  spool_size: byteSizeField('Bytes on disk for what a full queue cannot hold; 0 for none.', '1GiB', {
    min: 0,
    max: 1024 * GIB,
  }),
  batch_size: derivedByteSizeField('Bytes a batch; at most queue_size.', '256KiB', {
    min: KIB,
    max: 64 * MIB,
  }),
  flush_interval: durationField('A batch that is not full is sent after this time.', '50ms', {
    min: 1,
    max: 10 * SECOND,
  }),
});

const orderbook = section('Order-book snapshots that are written besides the depth diffs.', {
  snapshot_interval: durationField('Time between two snapshots of a book.', '60s', {
    min: 100,
    max: 24 * HOUR,
  }),
  snapshot_levels: integerField('Levels a side of a snapshot.', 100, { min: 1, max: 5000 }),
});

const monitoring = section('The status page, /status and /metrics.', {
  host: hostField(
    'Address to listen on; anything but loopback shows the status to the network.',
    '127.0.0.1',
  ),
  port: integerField('Port to listen on; 0 takes a free one and prints it.', 8710, { min: 0, max: 65535 }),
});

const logging = section('Logs, one file a process.', {
  level: wordField('Least important level that is logged.', 'info', ['error', 'warn', 'info', 'debug']),
  dir: folderField('Folder of the logs; relative to the working directory.', './logs'),
  max_size: byteSizeField('A log file that reaches this size is closed.', '20MiB', { min: KIB, max: GIB }),
  max_files: integerField('Closed log files that are kept a process.', 10, { min: 1, max: 1000 }),
});

const cluster = section(
  'More than one machine: collectors and writers, with NATS between them.',
  clusterFields(),
);

/** The whole of config.yaml, in the order in which it is written. */
export const configSchema = section('Configuration of the market-data recorder.', {
  general: general.prefault({}),
  network: network.prefault({}),
  // The missing pairs are reported where they belong, not as a missing section.
  symbols: symbols.check(consistentSelectors()).prefault({} as never),
  storage: storage.prefault({}),
  performance: performance.check(notAbove('batch_size', 'queue_size')).prefault({}),
  orderbook: orderbook.prefault({}),
  monitoring: monitoring.prefault({}),
  logging: logging.prefault({}),
  cluster: cluster.prefault({}),
});

/** The checked values under the names of the file. */
export type CheckedConfig = z.output<typeof configSchema>;
