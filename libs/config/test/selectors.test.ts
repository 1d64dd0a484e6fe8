import { ConfigError, flagOverrides, loadConfig, type LoadConfigOptions } from '@org/config';

const whole = (selectors = '') => loadConfig({ text: `symbols:\n  pairs: ["*"]\n${selectors}` }).symbols;

function faults(options: LoadConfigOptions): string[] {
  try {
    loadConfig(options);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('the selectors of symbols', () => {
  it('take everything when only "*" is given', () => {
    expect(whole()).toEqual({
      pairs: [],
      streams: ['aggTrade', 'depth@0ms', 'kline_1m'],
      perWorker: 'auto',
      universe: {
        quotes: [],
        contracts: [],
        topByVolume: 0,
        include: [],
        exclude: [],
        refreshIntervalMs: 60_000,
      },
    });
  });

  it('are words or lists of words in any case, and symbols of any script', () => {
    const { universe } = whole(`
  quote: usdt
  contract: [perpetual, TRADIFI_PERPETUAL]
  top_by_volume: 50
  include: [btcusdt, 币安人生USDT]
  exclude: [USDCUSDT]
  refresh_interval: 5m
`);
    expect(universe).toEqual({
      quotes: ['USDT'],
      contracts: ['PERPETUAL', 'TRADIFI_PERPETUAL'],
      topByVolume: 50,
      include: ['BTCUSDT', '币安人生USDT'],
      exclude: ['USDCUSDT'],
      refreshIntervalMs: 300_000,
    });
  });

  it('are undefined when the symbols are named', () => {
    expect(loadConfig({ text: 'symbols: {pairs: [BTCUSDT]}' }).symbols.universe).toBeUndefined();
  });

  it('take "*" from the command line and the environment, and the rest of the file beside it', () => {
    const text = 'symbols:\n  pairs: ["*"]\n  quote: USDT\n';
    const overrides = flagOverrides({ symbols: '*' });
    expect(loadConfig({ text, overrides }).symbols.universe?.quotes).toEqual(['USDT']);
    const environment = { STREAMER__SYMBOLS__PAIRS: '*', STREAMER__SYMBOLS__QUOTE: 'USDC,USDT' };
    expect(loadConfig({ environment }).symbols.universe?.quotes).toEqual(['USDC', 'USDT']);
  });

  it('are refused by path and line where the symbols are named', () => {
    const text = `
symbols:
  pairs: [BTCUSDT]
  quote: USDT
  contract: [PERPETUAL]
  top_by_volume: 5
  include: [ETHUSDT]
  exclude: [SOLUSDT]
  refresh_interval: 5s
`;
    const lines = faults({ text, path: 'c.yaml' });
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(
      /^c\.yaml:4(:\d+)?: symbols\.quote: expected nothing, for it needs pairs: \["\*"\], was "USDT"/,
    );
    expect(lines.map((line) => /symbols\.(\w+)/.exec(line)![1])).toEqual([
      'quote', 'contract', 'top_by_volume', 'include', 'exclude', 'refresh_interval',
    ]); // prettier-ignore
  });

  it.each([
    ['pairs: ["*", BTCUSDT]', /symbols\.pairs\[0\]: expected "\*" alone, or symbols/],
    ['pairs: ["*"]\n  quote: "US DT"', /symbols\.quote.*expected a word like USDT/],
    ['pairs: ["*"]\n  contract: [PERPETUAL, perpetual]', /symbols\.contract\[1\]: expected each name once/],
    ['pairs: ["*"]\n  contract: 7', /symbols\.contract: expected a word like PERPETUAL/],
    ['pairs: ["*"]\n  top_by_volume: -1', /symbols\.top_by_volume: expected a whole number from 0 to 2000/],
    ['pairs: ["*"]\n  include: ["../x"]', /symbols\.include\[0\]: expected a symbol like BTCUSDT/],
    ['pairs: ["*"]\n  include: ["*"]', /symbols\.include\[0\]: expected a symbol like BTCUSDT/],
    [
      'pairs: ["*"]\n  include: [A, B]\n  exclude: [B]',
      /symbols\.exclude\[0\]: expected a symbol that is not in include/,
    ],
    [
      'pairs: ["*"]\n  refresh_interval: 10ms',
      /symbols\.refresh_interval: expected a duration from 1s to 1h/,
    ],
  ])('name the fault of %j', (section, fault) => {
    expect(faults({ text: `symbols:\n  ${section}` }).join('\n')).toMatch(fault);
  });
});
