import { STREAM_NAMES } from '@org/market-data';
import {
  CONFIG_ISSUES_MAX,
  ConfigError,
  configExitCode,
  configKeys,
  flagOverrides,
  loadConfig,
} from '@org/config';
import type { LoadConfigOptions } from '@org/config';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { STORE_FAULTS } from './store-faults.ts';

function failure(options: LoadConfigOptions): ConfigError {
  try {
    loadConfig({ path: 'config.yaml', ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

const STREAMS = `one of ${STREAM_NAMES.join(', ')}`;
const NETWORK = 'market, rest_url, ws_url, silence_timeout, lifetime, redundancy, reconnect';
const SECTIONS = 'general, network, symbols, storage, performance, orderbook, monitoring, logging, cluster';
const DURATION = 'a duration like 500ms, 30s, 5m or 24h';
const SPACE = 'a share like 2.5%, or a size like 10GiB';
const SIZE = 'a size like 256KiB, 64MiB, 1GiB or a number of bytes';
const FOLDER = 'the path of a folder, 1 to 1024 characters';
const HTTPS = 'an https:// address, or http:// on loopback';
const WSS = 'a wss:// address, or ws:// on loopback';
const TLS = 'for a host that is not loopback (127.0.0.0/8, ::1 or localhost)';
const SYMBOL = 'a symbol like BTCUSDT: letters, digits and "_" only';
const PAIRS = 'a list of 1 to 2000 symbols, like [BTCUSDT, ETHUSDT], or ["*"]';

/** Keys in block form from line 1 on; the message is what follows `config.yaml:`. */
const valueFaults: [yaml: string, message: string][] = [
  ['general:\n  mode: forever', '2: general.mode: expected continuous or timed, was "forever"'],
  ['general:\n  duration: soon', `2: general.duration: expected ${DURATION}, was "soon"`],
  ['general:\n  duration: 30', `2: general.duration: expected ${DURATION}, was 30`],
  ['general:\n  duration:', `2: general.duration: expected ${DURATION}, was empty`],
  ['general:\n  duration: 577h', '2: general.duration: expected a duration from 100ms to 576h, was "577h"'],
  ['network:\n  market: um', '2: network.market: expected usdm, coinm or spot, was "um"'],
  ['network:\n  rest_url: fapi', `2: network.rest_url: expected ${HTTPS}, was "fapi"`],
  ['network:\n  rest_url: ftp://h', `2: network.rest_url: expected ${HTTPS}, was "ftp://h"`],
  ['network:\n  rest_url: [a]', `2: network.rest_url: expected ${HTTPS}, was a list of 1 item`],
  ['network:\n  rest_url: "https://a b"', `2: network.rest_url: expected ${HTTPS}, was "https://a b"`],
  ['network:\n  rest_url: "https://h\\tx"', `2: network.rest_url: expected ${HTTPS}, was "https://h\\tx"`],
  ['network:\n  rest_url: https:\\\\h', `2: network.rest_url: expected ${HTTPS}, was "https:\\\\\\\\h"`],
  ['network:\n  rest_url: http://10.0.0.1', `2: network.rest_url: expected https:// ${TLS}, was "http://10.0.0.1"`],
  ['network:\n  ws_url: ws://127.0.0.1.evil.com', `2: network.ws_url: expected wss:// ${TLS}, was "ws://127.0.0.1.evil.com"`],
  ['network:\n  ws_url: ws://localhost.evil.com', `2: network.ws_url: expected wss:// ${TLS}, was "ws://localhost.evil.com"`],
  ['network:\n  ws_url: ws://localhost@evil.com', `2: network.ws_url: expected wss:// ${TLS}, was "ws://***@evil.com"`],
  ['network:\n  ws_url: ws://0.0.0.0', `2: network.ws_url: expected wss:// ${TLS}, was "ws://0.0.0.0"`],
  ['network:\n  ws_url: "ws://[::ffff:7f00:1]"', `2: network.ws_url: expected wss:// ${TLS}, was "ws://[::ffff:7f00:1]"`],
  ['network:\n  ws_url: https://h', `2: network.ws_url: expected ${WSS}, was "https://h"`],
  ['network:\n  ws_url: wss://me:secret@h', '2: network.ws_url: expected an address without user and password, was "wss://***@h"'],
  ['network:\n  ws_url: wss://h?a=1', '2: network.ws_url: expected an address without query and fragment, was "wss://h?a=1"'],
  ['network:\n  ws_url: "wss://h/#"', '2: network.ws_url: expected an address without query and fragment, was "wss://h/#"'],
  ['network:\n  ws_url: wss://h/ws/', '2: network.ws_url: expected an address without the route that the recorder adds, was "wss://h/ws/"'],
  ['network:\n  rest_url: https://h/fapi/v1', '2: network.rest_url: expected an address without the route that the recorder adds, was "https://h/fapi/v1"'],
  ['network:\n  silence_timeout: 2h', '2: network.silence_timeout: expected a duration from 100ms to 1h, was "2h"'],
  ['network:\n  lifetime: 24h', '2: network.lifetime: expected a duration from 2s to 23h55m, was "24h"'],
  ['network:\n  redundancy: 3', '2: network.redundancy: expected a whole number from 1 to 2, was 3'],
  ['network:\n  redundancy: "2"', '2: network.redundancy: expected a whole number from 1 to 2, was "2"'],
  ['network:\n  reconnect: 5s', '2: network.reconnect: expected a section with the keys initial_delay, max_delay, max_retries, was "5s"'],
  ['network:\n  reconnect:\n    initial_delay: 0ms', '3: network.reconnect.initial_delay: expected a duration from 10ms to 1h, was "0ms"'],
  ['network:\n  reconnect:\n    max_delay: 61m', '3: network.reconnect.max_delay: expected a duration from 10ms to 1h, was "61m"'],
  ['network:\n  reconnect:\n    max_retries: -1', '3: network.reconnect.max_retries: expected a whole number from 0 to 1000000, was -1'],
  ['network:\n  reconnect:\n    initial_delay: 2s\n    max_delay: 1s', '3: network.reconnect.initial_delay: expected at most max_delay, was "2s"'],
  ['symbols:\n  pairs: []', `2: symbols.pairs: expected at least one symbol: ${PAIRS}, was a list of 0 items`],
  ['symbols:\n  pairs: BTCUSDT', `2: symbols.pairs: expected ${PAIRS}, was "BTCUSDT"`],
  ['symbols:\n  pairs:', `2: symbols.pairs: expected ${PAIRS}, was empty`],
  ['symbols:\n  pairs:\n    - BTCUSDT\n    - ../etc', `4: symbols.pairs[1]: expected ${SYMBOL}, was "../etc"`],
  ['symbols:\n  pairs: [BTC/USDT]', `2: symbols.pairs[0]: expected ${SYMBOL}, was "BTC/USDT"`],
  ['symbols:\n  pairs: [1000]', `2: symbols.pairs[0]: expected ${SYMBOL}, was 1000`],
  ['symbols:\n  pairs:\n    - BTCUSDT\n    - btcusdt', '4: symbols.pairs[1]: expected each name once, was "btcusdt"'],
  ['symbols:\n  streams: []', '2: symbols.streams: expected at least one stream: a list of known streams, one speed of each, klines of any interval, was a list of 0 items'],
  ['symbols:\n  streams: aggTrade', '2: symbols.streams: expected a list of known streams, one speed of each, klines of any interval, was "aggTrade"'],
  ['symbols:\n  streams: [aggtrade]', `2: symbols.streams[0]: expected "aggTrade" or ${STREAMS}, was "aggtrade"`],
  ['symbols:\n  streams: [depth@10ms]', `2: symbols.streams[0]: expected "depth@0ms" or ${STREAMS}, was "depth@10ms"`],
  ['symbols:\n  streams: [totally@different]', `2: symbols.streams[0]: expected ${STREAMS}, was "totally@different"`],
  ['symbols:\n  streams:\n    - kline_1m\n    - kline_1m', '4: symbols.streams[1]: expected each name once, was "kline_1m"'],
  ['symbols:\n  streams: [depth, depth@0ms]', '2: symbols.streams[1]: expected one speed of depth (depth is listed already), was "depth@0ms"'],
  ['symbols:\n  streams: [markPrice@1s, markPrice]', '2: symbols.streams[1]: expected one speed of markprice (markPrice@1s is listed already), was "markPrice"'],
  ['symbols:\n  per_worker: 0', '2: symbols.per_worker: expected auto or a whole number from 1 to 1024, was 0'],
  ['symbols:\n  quote: USDT', '2: symbols.quote: expected nothing, for it needs pairs: ["*"], was "USDT"'],
  ['symbols:\n  contract: [A, B]', '2: symbols.contract: expected nothing, for it needs pairs: ["*"], was a list of 2 items'],
  ['symbols:\n  top_by_volume: 9', '2: symbols.top_by_volume: expected nothing, for it needs pairs: ["*"], was 9'],
  ['symbols:\n  include: [A]', '2: symbols.include: expected nothing, for it needs pairs: ["*"], was a list of 1 item'],
  ['symbols:\n  exclude: [A]', '2: symbols.exclude: expected nothing, for it needs pairs: ["*"], was a list of 1 item'],
  ['symbols:\n  refresh_interval: 2m', '2: symbols.refresh_interval: expected nothing, for it needs pairs: ["*"], was "2m"'],
  ['symbols:\n  per_worker: all', '2: symbols.per_worker: expected auto or a whole number from 1 to 1024, was "all"'],
  ['storage:\n  output_dir: ""', `2: storage.output_dir: expected ${FOLDER}, was ""`],
  ['storage:\n  output_dir: 2026', `2: storage.output_dir: expected ${FOLDER}, was 2026`],
  ['storage:\n  output_dir: "a\\0b"', `2: storage.output_dir: expected ${FOLDER}, was "a\\u0000b"`],
  ['storage:\n  formats: [csv, mysql]', '2: storage.formats[1]: expected one of csv, postgres, influx, nats, parquet, was "mysql"'],
  ['storage:\n  formats: [postgres]', '2: storage.formats: expected a list with csv in it: the other formats are stored beside it, was a list of 1 item'],
  ['storage:\n  formats: [csv, csv]', '2: storage.formats[1]: expected each name once, was "csv"'],
  ['storage:\n  formats: []', '2: storage.formats: expected at least one format: a list of csv and any of postgres, influx, nats, parquet, was a list of 0 items'],
  ['storage:\n  sink_backlog: 1MiB', '2: storage.sink_backlog: expected a size from 64MiB to 1024GiB, was "1MiB"'],
  ['storage:\n  rotation: weekly', '2: storage.rotation: expected daily, hourly or a duration like 10s, 15m or 4h, was "weekly"'],
  ['storage:\n  rotation: 60', '2: storage.rotation: expected daily, hourly or a duration like 10s, 15m or 4h, was 60'],
  ['storage:\n  rotation: 5s', '2: storage.rotation: expected a duration of at least 10s, was "5s"'],
  ['storage:\n  rotation: 7m', '2: storage.rotation: expected a duration that divides a day, was "7m"'],
  ['storage:\n  rotation: 48h', '2: storage.rotation: expected a duration that divides a day, was "48h"'],
  ['storage:\n  rotation: 12s500ms', '2: storage.rotation: expected a duration of whole seconds, was "12s500ms"'],
  ['storage:\n  compression: zstd', '2: storage.compression: expected gzip or none, was "zstd"'],
  ['storage:\n  retention: 90d', `2: storage.retention: expected ${DURATION}, was "90d"`],
  ['storage:\n  free_space: {warn: 10GB}', `2: storage.free_space.warn: expected auto (10% or 20GiB), ${SPACE}, was "10GB"`],
  ['storage:\n  free_space: {compress: 101%}', `2: storage.free_space.compress: expected auto (5% or 10GiB), ${SPACE}, was "101%"`],
  ['storage:\n  free_space: {shed: -1}', `2: storage.free_space.shed: expected auto (3% or 5GiB), ${SPACE}, was -1`],
  ['storage:\n  free_space: {stop: true}', `2: storage.free_space.stop: expected auto (1% or 2GiB), ${SPACE}, was true`],
  ['performance:\n  queue_size: 64MB', `2: performance.queue_size: expected ${SIZE}, was "64MB"`],
  ['performance:\n  queue_size: 1KiB', '2: performance.queue_size: expected a size from 64KiB to 16GiB, was "1KiB"'],
  ['general:\n  orphan_timeout: 25h', '2: general.orphan_timeout: expected a duration from 0ms to 24h, was "25h"'],
  ['performance:\n  spool_size: lots', `2: performance.spool_size: expected ${SIZE}, was "lots"`],
  ['performance:\n  queue_size: true', `2: performance.queue_size: expected ${SIZE}, was true`],
  ['performance:\n  batch_size: 10', '2: performance.batch_size: expected a size from 1KiB to 64MiB, was 10'],
  ['performance:\n  batch_size: 0.5', '2: performance.batch_size: expected a size like 256KiB, 64MiB, 1GiB or a number of bytes, was 0.5'],
  ['performance:\n  batch_size: 2MiB\n  queue_size: 1MiB', '2: performance.batch_size: expected at most queue_size, was "2MiB"'],
  ['performance:\n  flush_interval: 1m', '2: performance.flush_interval: expected a duration from 1ms to 10s, was "1m"'],
  ['orderbook:\n  snapshot_interval: 1ms', '2: orderbook.snapshot_interval: expected a duration from 100ms to 24h, was "1ms"'],
  ['orderbook:\n  snapshot_levels: 1.5', '2: orderbook.snapshot_levels: expected a whole number from 1 to 5000, was 1.5'],
  ['orderbook:\n  snapshot_levels: .nan', '2: orderbook.snapshot_levels: expected a whole number from 1 to 5000, was NaN'],
  ['monitoring:\n  host: not a host', '2: monitoring.host: expected an IP address or a host name, was "not a host"'],
  ['monitoring:\n  host: 1.2.3.4.5', '2: monitoring.host: expected an IP address or a host name, was "1.2.3.4.5"'],
  ['monitoring:\n  port: 65536', '2: monitoring.port: expected a whole number from 0 to 65535, was 65536'],
  ...STORE_FAULTS,
  ...CLUSTER_FAULTS,
  ['logging:\n  level: trace', '2: logging.level: expected error, warn, info or debug, was "trace"'],
  ['logging:\n  dir: " "', `2: logging.dir: expected ${FOLDER}, was " "`],
  ['logging:\n  max_size: 2GiB', '2: logging.max_size: expected a size from 1KiB to 1GiB, was "2GiB"'],
  ['logging:\n  max_files: 0', '2: logging.max_files: expected a whole number from 1 to 1000, was 0'],
]; // prettier-ignore

/** Faults of keys and of the text itself. */
const textFaults: [yaml: string, message: string][] = [
  ['network:\n  silence_timout: 1s', `2: network.silence_timout: expected "silence_timeout" or one of the keys ${NETWORK}, was "silence_timout"`],
  ['network:\n  xyzzy: 1s', `2: network.xyzzy: expected one of the keys ${NETWORK}, was "xyzzy"`],
  ['netwrok: {}', `1: netwrok: expected "network" or one of the keys ${SECTIONS}, was "netwrok"`],
  ['output_dir: d', `1: output_dir: expected "storage.output_dir" or one of the keys ${SECTIONS}, was "output_dir"`],
  ['"a\\nb": 1', `1: "a\\nb": expected one of the keys ${SECTIONS}, was "a\\nb"`],
  ['general: 5', '1: general: expected a section with the keys mode, duration, orphan_timeout, was 5'],
  ['general: {}\ngeneral: {}', '2: general: expected each key once, was "general"'],
  ['__proto__: {x: 1}', '1: __proto__: expected a key of the configuration, was "__proto__"'],
  ['general:\n  constructor: 1', '2: general.constructor: expected a key of the configuration, was "constructor"'],
  ['prototype: 1', '1: prototype: expected a key of the configuration, was "prototype"'],
  ['general: &a {}', '1: general: expected no anchors, was the anchor "a"'],
  ['general: *a', '1: general: expected a value that is written out, was the alias "a"'],
  ['general: {mode: !!str timed}', '1: general.mode: expected no tags, was the tag "tag:yaml.org,2002:str"'],
  ['general: !env x', '1: general: expected no tags, was the tag "!env"'],
  ['general:\n  <<: {mode: timed}', '2: general."<<": expected keys that are written out, no merge key, was "<<"'],
  ['? [a, b]\n: c', '1:3: expected a plain key, was a collection'],
  ['? !x general\n: {}', '1: general: expected a plain key, was "general"'],
]; // prettier-ignore

/** Symbols are given by a flag, except where the row is about them. */
const givesSymbols = (yaml: string) => ({
  text: yaml,
  overrides: yaml.includes('pairs') ? [] : flagOverrides({ symbols: 'BTCUSDT' }),
});

describe('one fault', () => {
  it.each([...valueFaults, ...textFaults])('in %j is told with its line', (yaml, message) => {
    const error = failure(givesSymbols(yaml));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toContain(`config.yaml:${message}`);
    expect(error.message).not.toContain('secret');
  });

  it.each(valueFaults)('in %j is the only one', (yaml) => {
    expect(failure(givesSymbols(yaml)).issues).toHaveLength(1);
  });

  it('is shown for every key', () => {
    const shown = valueFaults.map(([, message]) => message);
    const missed = configKeys().filter(({ path }) => !shown.some((text) => text.includes(` ${path}`)));
    expect(missed.map(({ path }) => path)).toEqual([]);
  });

  it('says where, what was expected and what was there in fields', () => {
    expect(
      failure({ text: 'network:\n  silence_timeout: soon', overrides: flagOverrides({ symbols: 'A' }) })
        .issues,
    ).toEqual([
      {
        path: 'network.silence_timeout',
        line: 2,
        column: 20,
        source: 'config.yaml',
        expected: DURATION,
        was: '"soon"',
      },
    ]);
  });

  it.each(['', '# nothing\n', '---\n', 'null'])('is the missing pairs where the text is %j', (text) => {
    const error = failure({ text });
    expect(error.message).toBe(`config.yaml: symbols.pairs: expected ${PAIRS}, was missing`);
    expect(error.issues[0]).toMatchObject({ line: undefined, source: 'config.yaml' });
  });

  it('points at the section where the missing pairs belong', () => {
    expect(failure({ text: 'general: {}\nsymbols:\n  per_worker: 2\n' }).message).toBe(
      `config.yaml:2: symbols.pairs: expected ${PAIRS}, was missing`,
    );
  });

  it.each([
    ['- a', 'a list of 1 item'],
    ['just text', '"just text"'],
  ])('is the form of the whole where the text is %j', (text, was) => {
    expect(failure({ text }).message).toBe(
      `config.yaml: expected a section with the keys ${SECTIONS}, was ${was}`,
    );
  });

  it('shows no more than the beginning of a long value', () => {
    const [issue] = failure({ text: `general: {mode: ${'x'.repeat(5000)}}\nsymbols: {pairs: [A]}` }).issues;
    expect(issue?.was).toBe(`"${'x'.repeat(80)}…"`);
  });
});

describe('YAML syntax', () => {
  it.each([
    ['symbols:\n  pairs: [BTCUSDT', 2, 18],
    ['symbols: {pairs: [A]}\n\tgeneral: 1', 2, 1],
    ['general: "open', 1, 15],
    ['a: b: c', 1, 4],
    ['symbols: {pairs: [A]}\n---\nsymbols: {pairs: [B]}', 2, 1],
  ])('faults in %j are told with line and column', (text, line, column) => {
    const error = failure({ text });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.issues[0]).toMatchObject({ path: '', line, column, source: 'config.yaml' });
    expect(error.message).toMatch(
      new RegExp(`^config\\.yaml:${line}:${column}: expected (valid YAML|one document), was `),
    );
  });

  it('of other versions is refused', () => {
    expect(failure({ text: '%YAML 1.1\n---\nsymbols: {pairs: [A]}' }).message).toBe(
      'config.yaml:1:1: expected no %YAML directive, was one',
    );
  });

  it('an element of a list is blamed on what set the list, not on the file that it stands over', () => {
    const error = failure({
      text: 'symbols: {pairs: [BTCUSDT, ETHUSDT]}',
      overrides: flagOverrides({ symbols: 'A,../x' }),
    });
    expect(error.issues).toMatchObject([{ path: 'symbols.pairs[1]', source: '--symbols', line: undefined }]);
  });

  it('faults come with those of the environment and the flags, but without guesses about the file', () => {
    const error = failure({
      text: 'symbols: [',
      environment: { STREAMER__MONITORING__PORT: 'x', STREAMER__NOPE: '1' },
      overrides: flagOverrides({ duration: 'y' }),
    });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(new Set(error.issues.map(({ source }) => source))).toEqual(
      new Set(['config.yaml', 'STREAMER__MONITORING__PORT', 'STREAMER__NOPE', '--duration']),
    );
  });
});

describe('several faults', () => {
  const text = `general: {mode: forever}
network:
  silence_timout: 3s
  reconnect: {initial_delay: 1m, max_delay: 10s, max_retries: many}
symbols:
  pairs: [BTCUSDT, ../etc, btcusdt, 5]
  streams: [depth, aggtrade, depth@0ms]
performance: {queue_size: 64KiB, batch_size: 128KiB, flush_interval: never}
pairs: 6
`;
  const error = failure({
    text,
    environment: { STREAMER__LOGGING__LEVL: 'x', STREAMER__STORAGE__ROTATION: 'weekly' },
    overrides: [...flagOverrides({ duration: 'soon' }), { path: 'nope', value: 1, source: '--nope' }],
  });

  it('are told at once, in the order of file, environment, flags', () => {
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.issues.map(({ source, line, path }) => `${source}:${line} ${path}`)).toEqual([
      'config.yaml:3 network.silence_timout',
      'config.yaml:4 network.reconnect.initial_delay',
      'config.yaml:4 network.reconnect.max_retries',
      'config.yaml:6 symbols.pairs[1]',
      'config.yaml:6 symbols.pairs[2]',
      'config.yaml:6 symbols.pairs[3]',
      'config.yaml:7 symbols.streams[1]',
      'config.yaml:7 symbols.streams[2]',
      'config.yaml:8 performance.batch_size',
      'config.yaml:8 performance.flush_interval',
      'config.yaml:9 pairs',
      'STREAMER__STORAGE__ROTATION:undefined storage.rotation',
      'STREAMER__LOGGING__LEVL:undefined ',
      '--duration:undefined general.duration',
      '--nope:undefined ',
    ]);
  });

  it('have one line each', () => {
    expect(error.message.split('\n')).toHaveLength(error.issues.length);
    expect(error.message).toContain(
      'STREAMER__LOGGING__LEVL: expected a variable of the configuration, such as STREAMER__LOGGING__LEVEL, ' +
        'was "STREAMER__LOGGING__LEVL"',
    );
    expect(error.message).toContain(
      '--duration: general.duration: expected a duration like 500ms, 30s, 5m or 24h, was "soon"',
    );
  });

  it('of a section with more than 64 keys end there', () => {
    const text = Array.from({ length: 70 }, (_, i) => `  key${i}: 1`).join('\n');
    const { issues } = failure({ text: `symbols: {pairs: [A]}\ngeneral:\n${text}` });
    expect(issues).toHaveLength(65);
    expect(issues[64]).toMatchObject({
      path: 'general',
      line: 67,
      expected: 'at most 64 keys',
      was: '70 keys',
    });
  });

  it('are counted beyond the hundredth', () => {
    const many = Array.from({ length: 150 }, (_, i) => `A-${i}`).join(', ');
    const { issues, omittedIssues, message } = failure({ text: `symbols: {pairs: [${many}]}` });
    expect(issues).toHaveLength(CONFIG_ISSUES_MAX);
    expect(omittedIssues).toBe(50);
    expect(message.split('\n').at(-1)).toBe('and 50 more faults');
  });

  it('end a process with the code of a configuration error', () => {
    expect(configExitCode).toBe(78);
  });
});

describe('faults outside the file', () => {
  it.each([
    ['STREAMER__SYMBOLS__PAIRS', '', 'symbols.pairs', 'a list of 0 items'],
    ['STREAMER__SYMBOLS__PAIRS', 'A,,B', 'symbols.pairs[1]', '""'],
    ['STREAMER__SYMBOLS__PAIRS', '[A, [B]]', 'symbols.pairs[1]', '"[B]"'],
    ['STREAMER__MONITORING__PORT', '8e3', 'monitoring.port', '"8e3"'],
    ['STREAMER__MONITORING__PORT', '', 'monitoring.port', '""'],
    ['STREAMER__NETWORK__WS_URL', 'wss://u:secret@h', 'network.ws_url', '"wss://***@h"'],
  ])('name the variable %s=%j', (source, value, path, was) => {
    const { issues } = failure({ text: 'symbols: {pairs: [A]}', environment: { [source]: value } });
    expect(issues).toMatchObject([{ source, path, was, line: undefined, column: undefined }]);
  });

  it('do not blame the file for a value that a variable replaced', () => {
    const { issues } = failure({
      text: 'symbols: {pairs: [A]}\nmonitoring: {port: bad}',
      environment: { STREAMER__MONITORING__PORT: 'worse' },
    });
    expect(issues).toMatchObject([{ source: 'STREAMER__MONITORING__PORT', was: '"worse"' }]);
  });

  it('leave a section that is no section to its own fault', () => {
    const { issues } = failure({
      text: 'symbols: {pairs: [A]}\nmonitoring: 5',
      environment: { STREAMER__MONITORING__PORT: '1' },
    });
    expect(issues).toMatchObject([{ source: 'config.yaml', path: 'monitoring', was: '5' }]);
  });

  it.each([
    'STREAMER__',
    'STREAMER____proto__',
    'STREAMER__GENERAL',
    'STREAMER__GENERAL__MODE__X',
    'STREAMER__X\nY',
  ])('name the unknown variable %j on one line', (name) => {
    const { issues, message } = failure({ text: 'symbols: {pairs: [A]}', environment: { [name]: 'x' } });
    expect(issues).toHaveLength(1);
    expect(message.split('\n')).toHaveLength(1);
  });
});
