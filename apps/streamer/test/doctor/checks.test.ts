import fc from 'fast-check';
import { type ConfigError, loadConfig } from '@org/config';
import { readListing } from '../../src/control/universe/listing.ts';
import { checkClock, clockOffset } from '../../src/doctor/checks/check-clock.ts';
import { configFaults, contradictions } from '../../src/doctor/checks/check-config.ts';
import { checkExchange } from '../../src/doctor/checks/check-exchange.ts';
import { checkFolder } from '../../src/doctor/checks/check-folder.ts';
import { checkConnections, checkMemory, checkOpenFiles } from '../../src/doctor/checks/check-machine.ts';
import { checkNode } from '../../src/doctor/checks/check-node.ts';
import { checkFolderHeld, checkPort } from '../../src/doctor/checks/check-recorder.ts';
import { checkRoom, forecastDays } from '../../src/doctor/checks/check-room.ts';
import { checkRoute, type RouteFacts } from '../../src/doctor/checks/check-route.ts';
import { BUSY_EVENTS_PER_SECOND, expectedLoad } from '../../src/doctor/expected-load.ts';
import { openFilesLimit } from '../../src/doctor/open-files-limit.ts';

const GB = 1e9;

function configOf(sections: Record<string, unknown> = {}) {
  const text = JSON.stringify({ symbols: { pairs: ['BTCUSDT', 'ETHUSDT'] }, ...sections });
  return loadConfig({ text, path: 'config.yaml' });
}

function loadOf(sections: Record<string, unknown> = {}, symbols = 2) {
  const question = { symbols, eventsPerSecond: BUSY_EVENTS_PER_SECOND, workers: 2, routes: 2 };
  return expectedLoad({ config: configOf(sections), ...question });
}

describe('the configuration', () => {
  it('is told fault by fault, with file, line and key', () => {
    const text =
      'symbols: { pairs: [BTCUSDT] }\nnetwork:\n  silense_timeout: 30s\nstorage: { rotation: weekly }\n';
    let fault: unknown;
    try {
      loadConfig({ text, path: 'my.yaml' });
    } catch (thrown) {
      fault = thrown;
    }
    expect(configFaults(fault as ConfigError)).toMatchObject([
      {
        check: 'config',
        level: 'error',
        what: expect.stringMatching(/^my\.yaml:3: network\.silense_timeout: /),
      },
      {
        check: 'config',
        level: 'error',
        what: expect.stringMatching(/^my\.yaml:4: storage\.rotation: .*weekly/),
      },
    ]);
  });

  it('is in order with its defaults', () => {
    expect(contradictions(configOf())).toMatchObject([{ level: 'ok' }]);
  });

  it.each([
    [
      'the address of another product',
      { network: { market: 'coinm', rest_url: 'https://fapi.binance.com' } },
      'error',
      /rest_url.*usdm/,
    ],
    ['two exchanges', { network: { rest_url: 'http://127.0.0.1:1' } }, 'warn', /not the same exchange/],
    ['a silence that is no silence', { network: { silence_timeout: '200ms' } }, 'warn', /200ms/],
    [
      'connections that end for good',
      { network: { reconnect: { max_retries: 3 } } },
      'warn',
      /max_retries of 3/,
    ],
    ['books deeper than snapshots', { orderbook: { snapshot_levels: 2000 } }, 'warn', /2000/],
    ['no time for orphans', { general: { orphan_timeout: '0ms' } }, 'warn', /orphan_timeout/],
    ['a status for everybody', { monitoring: { host: '0.0.0.0' } }, 'warn', /0\.0\.0\.0/],
    ['one folder for two', { storage: { output_dir: './x' }, logging: { dir: './x' } }, 'warn', /both \.\/x/],
  ])('is found out where it asks for %s', (_, sections, level, what) => {
    expect(contradictions(configOf(sections))).toMatchObject([{ level, what: expect.stringMatching(what) }]);
  });
});

describe('Node', () => {
  it.each([
    ['20.19.0', 'ok'], ['20.20.2', 'ok'], ['24.1.0', 'ok'], ['20.18.9', 'error'], ['18.20.0', 'error'], ['', 'error'],
  ])('%j is %s', (version, level) => {
    expect(checkNode({ version, tlsRejectUnauthorized: undefined })).toMatchObject([{ level }]);
  }); // prettier-ignore

  it('is refused while it trusts everybody', () => {
    const findings = checkNode({ version: '22.1.0', tlsRejectUnauthorized: '0' });
    expect(findings).toMatchObject([{ level: 'ok' }, { check: 'tls', level: 'error' }]);
  });
});

describe('a folder', () => {
  it('is told with what the system said', () => {
    expect(checkFolder('storage.output_dir', '/x', { problem: 'EACCES: permission denied' })).toMatchObject({
      check: 'storage.output_dir', level: 'error', what: '/x: EACCES: permission denied',
    }); // prettier-ignore
    expect(checkFolder('logging.dir', 'l', { found: { probed: '/', exists: false } }).level).toBe('ok');
  });
});

describe('the room', () => {
  it('is measured in days of what the configuration writes', () => {
    const load = loadOf();
    expect(load.bytesPerDay / GB).toBeGreaterThan(10);
    expect(load.bytesPerDay / GB).toBeLessThan(30);
    const levelAt = (freeBytes: number) =>
      checkRoom(configOf(), load, { found: { freeBytes, freeFiles: 1e6 } });
    expect(levelAt(500 * GB)).toMatchObject([{ level: 'ok' }]);
    expect(levelAt(load.bytesPerDay + 2 * load.closedBytesPerDay)).toMatchObject([{ level: 'warn' }]);
    expect(levelAt(5 * GB)).toMatchObject([{ level: 'error', what: expect.stringMatching(/hours$/) }]);
    expect(levelAt(0)).toMatchObject([{ level: 'error' }, { what: expect.stringMatching(/journal/) }]);
  });

  it('is enough for a timed recording that ends before', () => {
    const config = configOf({ general: { mode: 'timed', duration: '1h' } });
    expect(
      checkRoom(config, loadOf(), { found: { freeBytes: 5 * GB, freeFiles: undefined } })[0]!.level,
    ).toBe('ok');
  });

  it('is short where there are no inodes', () => {
    const findings = checkRoom(configOf(), loadOf(), { found: { freeBytes: 900 * GB, freeFiles: 50 } });
    expect(findings).toMatchObject([
      { level: 'ok' },
      { level: 'warn', what: expect.stringMatching(/50 more files/) },
    ]);
  });

  it('cannot be told of a disk that does not answer', () => {
    expect(checkRoom(configOf(), loadOf(), { problem: 'EIO' })).toMatchObject([{ level: 'error' }]);
  });

  it('lasts longer the more there is, compressed or not', () => {
    const bytes = fc.integer({ min: 1, max: 1e12 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.constantFrom('daily', 'hourly'), (a, b, bytesPerDay, rotation) => {
        const { storage } = configOf({ storage: { rotation } });
        const days = (free: number, ratio: number) =>
          forecastDays({ storage }, { bytesPerDay, closedBytesPerDay: bytesPerDay / ratio }, free);
        expect(days(Math.max(a, b), 12)).toBeGreaterThanOrEqual(days(Math.min(a, b), 12));
        expect(days(a, 12)).toBeGreaterThanOrEqual(days(a, 1));
        expect(days(a, 1)).toBeCloseTo(a / bytesPerDay, 6);
      }),
    );
  });
});

describe('the expected load', () => {
  it('grows with symbols, streams and lines', () => {
    const [one, many] = [loadOf({}, 2), loadOf({}, 200)];
    expect(many.bytesPerDay).toBeCloseTo(100 * one.bytesPerDay);
    expect(many.memoryBytes).toBeGreaterThan(one.memoryBytes);
    const streams = (names: string[]) => loadOf({ symbols: { pairs: ['BTCUSDT'], streams: names } });
    expect(streams(['aggTrade']).bytesPerDay).toBeLessThan(streams(['aggTrade', 'bookTicker']).bytesPerDay);
    expect(streams(['depth@500ms']).bytesPerDay).toBeLessThan(streams(['depth@0ms']).bytesPerDay);
    expect(streams(['forceOrder']).bytesPerDay).toBe(0);
  });

  it('is as large closed as open without compression', () => {
    const load = loadOf({ storage: { compression: 'none' } });
    expect(load.closedBytesPerDay).toBe(load.bytesPerDay);
  });
});

describe('memory, files and connections', () => {
  it('are compared with what the recorder will take', () => {
    const load = loadOf({}, 600);
    const { memoryBytes, queueBytes } = load;
    expect(checkMemory(load, memoryBytes - 1).level).toBe('error');
    expect(checkMemory(load, memoryBytes + queueBytes - 1).level).toBe('warn');
    expect(checkMemory(load, memoryBytes + queueBytes).level).toBe('ok');
    expect(checkOpenFiles(load, 128, 256).level).toBe('error');
    expect(checkOpenFiles(load, 1024, 768).level).toBe('warn');
    expect(checkOpenFiles(load, 20_000, 8192).level).toBe('ok');
    expect(checkOpenFiles(load, undefined, 256).level).toBe('ok');
    expect(checkConnections({ ...load, connections: 1200, workers: 600 }).level).toBe('warn');
    expect(checkConnections(load).level).toBe('ok');
  });

  it.each([
    ['Max open files            1024                 4096                 files', 1024],
    ['Max open files            unlimited            unlimited            files', Infinity],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('the limit is read of %j', (limits, limit) => {
    expect(openFilesLimit(limits)).toBe(limit);
  });
});

describe('the clock', () => {
  const sample = (offsetMs: number, tripMs: number) => ({
    sentAtMs: 1000 + offsetMs, serverMs: 1000 + tripMs / 2, receivedAtMs: 1000 + offsetMs + tripMs,
  }); // prettier-ignore

  it('is off by the median, whatever single answers took', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9000, max: 9000 }), fc.array(fc.integer({ min: 2, max: 400 }), { minLength: 1 }), (offset, trips) => {
        const found = clockOffset(trips.map((trip) => sample(offset, trip)));
        expect(found.offsetMs).toBeCloseTo(offset, 6);
        expect(found.uncertaintyMs).toBeCloseTo(Math.min(...trips) / 2, 6);
      }),
    ); // prettier-ignore
    const samples = [sample(0, 20), sample(0, 20), { sentAtMs: 1000, serverMs: 1000, receivedAtMs: 9000 }];
    expect(clockOffset(samples).offsetMs).toBeCloseTo(0);
  });

  it.each([
    [100, 'ok', /100 ms ahead/], [-501, 'warn', /501 ms behind/], [4999, 'warn', /ahead/], [-6000, 'error', /6000 ms behind/],
  ])('of %i ms is %s', (offset, level, what) => {
    const found = [sample(offset, 20), sample(offset, 30), sample(offset, 40)];
    expect(checkClock({ found })).toMatchObject({ level, what: expect.stringMatching(what) });
  }); // prettier-ignore

  it('is a warning where nobody tells the time', () => {
    expect(checkClock({ problem: 'no answer in time' })).toMatchObject({ level: 'warn' });
  });
});

describe('the exchange', () => {
  const listed = (symbol: string, status = 'TRADING') => ({
    symbol, status, contractType: 'PERPETUAL', baseAsset: 'B', quoteAsset: 'USDT', filters: [],
  }); // prettier-ignore
  const found = readListing({ symbols: [listed('BTCUSDT'), listed('OLDUSDT', 'SETTLING')] });

  it('lists what is to be recorded, or not', () => {
    const levels = (pairs: string[]) =>
      checkExchange('https://x', pairs, { found, tookMs: 12 }).map(({ check, level }) => `${check} ${level}`);
    expect(levels(['BTCUSDT'])).toEqual(['rest ok']);
    expect(levels([])).toEqual(['rest ok']);
    expect(levels(['BTCUSDT', 'BTCUDST'])).toEqual(['rest ok', 'symbols warn']);
    expect(levels(['BTCUDST'])).toEqual(['rest ok', 'symbols error']);
    expect(levels(['OLDUSDT'])).toEqual(['rest ok', 'symbols warn']);
  });

  it.each([
    ['BANNED', /ban/], ['LOCATION_REFUSED', /country/], ['CONNECT_FAILED', /DNS/], [undefined, /network/],
  ] as const)('says what to do after %s', (code, advice) => {
    const answer = { problem: 'it did not work', code };
    expect(checkExchange('https://x', ['BTCUSDT'], answer)).toMatchObject([
      { level: 'error', what: 'https://x: it did not work', advice: expect.stringMatching(advice) },
    ]);
  }); // prettier-ignore
});

describe('a route', () => {
  const facts: RouteFacts = {
    route: 'market', address: 'wss://x/market/stream', isOpened: true, isAcknowledged: true, closedBecause: undefined,
    streams: [{ key: 'A@aggTrade', firstFrameMs: 40 }, { key: 'B@aggTrade', firstFrameMs: 90 }], listenedMs: 5000,
  }; // prettier-ignore
  const silent = facts.streams.map(({ key }) => ({ key, firstFrameMs: undefined }));

  it('delivers when a frame has come', () => {
    expect(checkRoute(facts)).toMatchObject({
      check: 'route /market',
      level: 'ok',
      what: expect.stringMatching(/40 ms/),
    });
  });

  it('does not deliver when it has acknowledged and is silent', () => {
    expect(checkRoute({ ...facts, streams: silent })).toMatchObject({
      level: 'error', what: expect.stringMatching(/acknowledged, but no frame of A@aggTrade, B@aggTrade came within 5 s/),
    }); // prettier-ignore
  });

  it('is told by its silent streams, but for those that are always rare', () => {
    expect(checkRoute({ ...facts, streams: [facts.streams[0]!, silent[1]!] })).toMatchObject({
      level: 'warn', what: expect.stringMatching(/nothing of B@aggTrade/),
    }); // prettier-ignore
    const rare = { key: 'A@forceOrder', firstFrameMs: undefined };
    expect(checkRoute({ ...facts, streams: [...facts.streams, rare] }).level).toBe('ok');
    expect(checkRoute({ ...facts, streams: [rare] }).level).toBe('warn');
    expect(checkRoute({ ...facts, streams: [rare], isOpened: false }).level).toBe('error');
  });

  it('names why there is no connection', () => {
    const closed = { ...facts, streams: silent, isOpened: false, isAcknowledged: false };
    expect(checkRoute({ ...closed, closedBecause: 'ECONNREFUSED' }).what).toMatch(/ECONNREFUSED/);
    expect(checkRoute(closed).what).toMatch(/no connection within 5 s/);
    expect(checkRoute({ ...closed, route: undefined }).check).toBe('route /');
  });
});

describe('another recorder', () => {
  it('is found on the folder and on the port', () => {
    expect(checkFolderHeld('d', { found: false }).level).toBe('ok');
    expect(checkFolderHeld('d', { found: true }).level).toBe('warn');
    expect(checkFolderHeld('d', { problem: 'somebody else owns it' }).level).toBe('error');
    const port = { host: '127.0.0.1', port: 8710, problem: undefined, isRecorder: false };
    const taken = { ...port, problem: 'EADDRINUSE' };
    expect(checkPort(port, false).level).toBe('ok');
    expect(checkPort(taken, false).level).toBe('error');
    expect(checkPort({ ...taken, isRecorder: true }, true).level).toBe('ok');
    expect(checkPort({ ...taken, isRecorder: true }, false).what).toMatch(/another folder/);
    expect(checkPort({ ...port, problem: 'EWHATEVER' }, false).level).toBe('error');
  });
});
