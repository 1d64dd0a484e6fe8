import fc from 'fast-check';
import { bytesText, timeText } from '../../src/daemon/figures.ts';
import { painter } from '../../src/daemon/painter.ts';
import { statusText, type StatusTextOptions } from '../../src/daemon/status-text.ts';
import { viewStatus } from '../../src/daemon/status-view.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');

const OPTIONS: StatusTextOptions = {
  nowMs: NOW_MS,
  eventsPerSecond: 1234.4,
  version: '1.2.3',
  url: 'http://127.0.0.1:8710',
  outputDir: '/data',
  freeBytes: 80 * 2 ** 30,
  isAll: false,
  paint: (_tone, text) => text,
};

const child = (id: string, more: object = {}) => ({
  role: id.replace(/-\d+$/, ''),
  id,
  pid: 1000,
  state: 'ready',
  restarts: 0,
  rssBytes: 80 * 2 ** 20,
  symbols: [],
  ...more,
});

const stream = (name: string, more: object = {}) => ({
  stream: name,
  lastEventAgeMs: 40,
  events: 1000,
  gaps: 0,
  duplicates: 0,
  alarm: null,
  ...more,
});

const STATUS = {
  state: 'degraded',
  startedAt: '2026-11-19T08:00:00.000Z',
  processes: [
    child('primary'),
    child('writer', { pid: 1001, rssBytes: 210 * 2 ** 20, restarts: 2 }),
    child('order-book', { pid: 1002, symbols: ['BTCUSDT', '币安人生USDT'] }),
    child('worker-1', { pid: 1003, symbols: ['BTCUSDT'] }),
    child('worker-2', {
      pid: undefined,
      state: 'restarting',
      rssBytes: undefined,
      symbols: ['币安人生USDT'],
    }),
  ],
  streams: [
    stream('BTCUSDT@aggTrade', { events: 1_234_567 }),
    stream('BTCUSDT@depth@0ms', { gaps: 2 }),
    stream('币安人生USDT@aggTrade', { lastEventAgeMs: null, events: 0 }),
    stream('币安人生USDT@depth@0ms', { lastEventAgeMs: 45_000, alarm: 'no data for 45 s' }),
  ],
  queues: [
    { name: 'worker-1', bytes: 1024, oldestAgeMs: 20 },
    { name: 'journal csv', bytes: 3 * 2 ** 20, oldestAgeMs: 1500 },
  ],
  writeLatencyMs: { p50: 1.04, p99: 8.5 },
  receiptToDurableMs: { p50: 52, p99: 61.27 },
  books: [
    { symbol: 'BTCUSDT', state: 'live', lastUpdateId: 5 },
    { symbol: '币安人生USDT', state: 'buffering' },
  ],
};

const textOf = (status: unknown, options: Partial<StatusTextOptions> = {}): string =>
  statusText(viewStatus(status)!, { ...OPTIONS, ...options }).join('\n');

describe('the status for people', () => {
  it('shows state, processes, streams by their trouble, books, backlog and disk', () => {
    expect(textOf(STATUS)).toBe(
      `degraded, up 3 d 4 h, 2 symbols, 1,234 events/s, 1,236,567 events, 2 gaps, version 1.2.3
http://127.0.0.1:8710  /data

  process     state        pid  restarts   memory  symbols
  primary     ready       1000         0   80 MiB        -
  writer      ready       1001         2  210 MiB        -
  order-book  ready       1002         0   80 MiB        2
  worker-1    ready       1003         0   80 MiB        1
  worker-2    restarting     -         0        -        1

  stream                  last event     events  gaps
  币安人生USDT@depth@0ms        45 s      1,000     0  no data for 45 s
  BTCUSDT@depth@0ms            40 ms      1,000     2
  币安人生USDT@aggTrade     none yet          0     0
  BTCUSDT@aggTrade             40 ms  1,234,567     0

books    1 of 2 out of sync: 币安人生USDT buffering
backlog  3.0 MiB in 2 queues, the oldest for 1.5 s
latency  write 1.0, 8.5 ms (median, p99); receipt to device 52.0, 61.3 ms
disk     80 GiB free`,
    );
  });

  it('shows the sinks that have a process of their own, and what is wrong with them', () => {
    const sinks = [
      { name: 'postgres', state: 'waiting', backlogBytes: 70 * 2 ** 20, rows: 1_200_000 },
      { name: 'influx', state: 'following', backlogBytes: 0, rows: 7 },
    ];
    const lines = textOf({ ...STATUS, sinks, concerns: ['sink postgres: refused; recording goes on'] }).split(
      '\n',
    );
    const at = lines.findIndex((line) => line.startsWith('sinks'));
    expect(lines.slice(at, at + 2)).toEqual([
      'sinks    postgres waiting, 70 MiB behind, 1,200,000 rows; influx following, 0 B behind, 7 rows',
      '         sink postgres: refused; recording goes on',
    ]);
  });

  it('shows of 600 symbols only what is worst, and everything when asked', () => {
    const symbols = Array.from({ length: 600 }, (_, i) => `S${i}USDT`);
    const many = {
      ...STATUS,
      processes: symbols.map((_, i) => child(`worker-${i}`, i === 590 ? { state: 'starting' } : {})),
      streams: symbols.map((name, i) => stream(`${name}@aggTrade`, i === 400 ? { gaps: 7 } : {})),
      books: symbols.map((symbol) => ({ symbol, state: 'buffering' })),
    };
    const lines = textOf(many).split('\n');
    expect(lines.length).toBeLessThan(50);
    expect(lines.find((line) => line.includes('worker-590'))).toMatch(/starting/);
    expect(lines[lines.findIndex((line) => /^ {2}stream /.test(line)) + 1]).toMatch(
      /S400USDT@aggTrade .* 7$/,
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        '  and 585 processes more: --all',
        '  and 585 streams more: --all',
        expect.stringMatching(/^books {4}600 of 600 out of sync: S0USDT buffering, .*, 592 more$/),
      ]),
    );
    const all = textOf(many, { isAll: true });
    expect(all.split('\n').length).toBeGreaterThan(1200);
    expect(all).not.toContain('--all');
  });

  it('takes the forecast from the recorder where that makes one, and the word of the last reload', () => {
    const disk = {
      freeBytes: 50 * 2 ** 30,
      totalBytes: 100 * 2 ** 30,
      bytesPerSecond: 50_000,
      fullInSeconds: 12.4 * 86_400,
      stage: 'warn',
    };
    const reloads = {
      requested: 1,
      finished: 1,
      lastAt: '',
      outcome: 'refused',
      problem: 'config.yaml:1: no',
      needRestart: ['storage.rotation'],
    };
    expect(
      textOf({ ...STATUS, disk, reloads })
        .split('\n')
        .slice(-3),
    ).toEqual([
      'disk     50 GiB of 100 GiB free, filled by 4.0 GiB a day, full in 12 d 9 h at the present rate (warn)',
      'reload   the last was refused: config.yaml:1: no',
      '         need a restart: storage.rotation',
    ]);
  });

  it('colours what is wrong on a terminal, and nothing else where there is none or NO_COLOR is set', () => {
    const colours = painter(true, {});
    const text = textOf(STATUS, { paint: colours });
    expect(text).toContain('\u001b[31mdegraded\u001b[39m');
    expect(text).toMatch(/\u001b\[31m {2}币安人生USDT@depth@0ms.*no data for 45 s\u001b\[39m/);
    for (const plain of [painter(undefined, {}), painter(false, {}), painter(true, { NO_COLOR: '1' })])
      expect(textOf(STATUS, { paint: plain })).toBe(textOf(STATUS));
    expect(painter(true, { NO_COLOR: '' })('good', 'x')).not.toBe('x');
  });

  it('lets nothing that the recorder passes on steer the terminal', () => {
    const sly = {
      ...STATUS,
      streams: [stream('A\u001b]0;title\u0007\u009b2J\nB@x', { alarm: 'a\rb\u202e' })],
    };
    expect(textOf(sly).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('of anything that answers at all is made without a fault', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.keys(STATUS)), (value, key) => {
        for (const answer of [value, { ...STATUS, [key]: value }, { ...STATUS, [key]: [value] }]) {
          const view = viewStatus(answer);
          if (view !== undefined) expect(statusText(view, OPTIONS).length).toBeGreaterThan(5);
        }
      }),
    );
  });
});

describe('figures for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [20 * 2 ** 20, '20 MiB'],
    [1.25 * 2 ** 40, '1.3 TiB'],
  ])('say %d bytes as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [-5, '0 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_723_000, '1 h 2 min'],
    [90_000_000, '1 d 1 h'],
  ])('say %d ms as %s', (timeMs, text) => expect(timeText(timeMs)).toBe(text));
});
