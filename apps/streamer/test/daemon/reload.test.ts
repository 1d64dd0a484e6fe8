import { configKeys, loadConfig, type StreamerConfig } from '@org/config';
import { OneAtATime } from '../../src/control/one-at-a-time.ts';
import { mergeReload } from '../../src/control/reload-keys.ts';
import { Reloads } from '../../src/control/reload.ts';

const LOG = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

const configOf = (sections: object = {}): StreamerConfig =>
  loadConfig({ text: JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, ...sections }) });

/** Another value of each key that a reload does not take. */
const NEED_RESTART: Readonly<Record<string, unknown>> = {
  'general.mode': 'timed',
  'general.duration': '1h',
  'general.orphan_timeout': '1s',
  'network.rest_url': 'http://127.0.0.1:1',
  'storage.output_dir': './other',
  'storage.rotation': 'hourly',
  'storage.compression': 'none',
  'performance.queue_size': '65MiB',
  'performance.spool_size': '2GiB',
  'performance.batch_size': '128KiB',
  'performance.flush_interval': '51ms',
  'monitoring.host': '127.0.0.2',
  'monitoring.port': 1,
  'logging.dir': './other',
  'logging.max_size': '1MiB',
  'logging.max_files': 3,
};

const TAKEN: Readonly<Record<string, unknown>> = {
  'network.ws_url': 'ws://127.0.0.1:1',
  'network.silence_timeout': '31s',
  'network.redundancy': 2,
  'symbols.pairs': ['ETHUSDT'],
  'symbols.streams': ['aggTrade', 'depth@0ms', 'kline_5m'],
  'symbols.per_worker': 2,
  'orderbook.snapshot_interval': '1s',
  'orderbook.snapshot_levels': 5,
  'logging.level': 'debug',
};

function changed(key: string, value: unknown): StreamerConfig {
  const [section, name] = key.split('.');
  const pairs = section === 'symbols' ? { pairs: ['BTCUSDT'] } : {};
  return configOf({ [section!]: { ...pairs, [name!]: value } });
}

describe('what a reload takes', () => {
  it.each(Object.entries(TAKEN))('includes %s', (key, value) => {
    const loaded = changed(key, value);
    expect(mergeReload(configOf(), loaded)).toEqual({ config: loaded, needRestart: [] });
  });

  it.each(Object.entries(NEED_RESTART))('leaves %s as it is, and names it as the file does', (key, value) => {
    const loaded = changed(key, value);
    const { config, needRestart } = mergeReload(configOf(), loaded);
    expect(needRestart).toEqual([key]);
    expect(config).toEqual(configOf());
    expect(configKeys().map(({ path }) => path)).toEqual(expect.arrayContaining([...needRestart]));
  });
});

it('a reload of another market is refused as a whole', () => {
  const loaded = configOf({ network: { market: 'coinm' }, symbols: { pairs: ['BTCUSD_PERP'] } });
  expect(() => mergeReload(configOf(), loaded)).toThrow(
    'network.market: expected usdm until a restart, was coinm',
  );
});

describe('reloads', () => {
  let loaded: () => StreamerConfig;
  let calls: string[];
  let delivers: boolean;

  const reloads = (): Reloads =>
    new Reloads(configOf(), {
      load: () => loaded(),
      choose: ({ symbols }) =>
        Promise.resolve({ symbols: symbols.pairs, weightOf: undefined, universe: undefined }),
      reassign: () => calls.push('reassign') > 0,
      renew: () => Promise.resolve(calls.push('renew') > 0 && delivers),
      apply: () => void calls.push('apply'),
      symbols: () => ['BTCUSDT'],
      changes: new OneAtATime(),
      nowMs: () => 0,
      log: LOG,
    });

  const reloaded = async (reload: Reloads, times = 1) => {
    const before = reload.report().finished;
    for (let i = 0; i < times; i++) reload.request();
    while (reload.report().finished < before + times) await new Promise((resolve) => setImmediate(resolve));
    return reload.report();
  };

  beforeEach(() => {
    calls = [];
    delivers = true;
    loaded = configOf;
  });

  it('are counted when they are asked for and when they are decided', async () => {
    const reload = reloads();
    expect(reload.report()).toMatchObject({ requested: 0, finished: 0, lastAt: null, outcome: null });
    reload.request();
    expect(reload.report()).toMatchObject({ requested: 1, finished: 0 });
    expect(await reloaded(reload, 2)).toMatchObject({ requested: 3, outcome: 'unchanged' });
    expect(calls).toEqual([]);
  });

  it('leave workers alone when only what others do has changed', async () => {
    loaded = () => configOf({ orderbook: { snapshot_interval: '1s' }, logging: { level: 'debug' } });
    expect(await reloaded(reloads())).toMatchObject({ outcome: 'taken', problem: null, needRestart: [] });
    expect(calls).toEqual(['reassign', 'apply']);
  });

  it('replace workers when streams change, and are refused when the new ones do not deliver', async () => {
    loaded = () => configOf({ symbols: { pairs: ['BTCUSDT'], streams: ['kline_5m'] } });
    expect(await reloaded(reloads())).toMatchObject({ outcome: 'taken' });
    expect(calls).toEqual(['renew', 'apply']);
    delivers = false;
    const refused = await reloaded(reloads());
    expect(refused).toMatchObject({ outcome: 'refused', problem: 'the new workers do not deliver' });
    expect(calls).toEqual(['renew', 'apply', 'renew']);
  });

  it('of a file with faults are refused with its faults, and the next good one is taken', async () => {
    const reload = reloads();
    loaded = () => loadConfig({ text: 'symbols: { pears: [BTCUSDT] }', path: 'my.yaml' });
    expect(await reloaded(reload)).toMatchObject({
      outcome: 'refused',
      problem: expect.stringMatching(/^my\.yaml:1: symbols\.pears: /m),
    });
    expect(calls).toEqual([]);
    loaded = () => configOf({ symbols: { pairs: ['ETHUSDT'] }, storage: { rotation: 'hourly' } });
    expect(await reloaded(reload)).toMatchObject({
      finished: 2,
      outcome: 'taken',
      problem: null,
      needRestart: ['storage.rotation'],
    });
  });
});
