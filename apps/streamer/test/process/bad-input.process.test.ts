import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { whileRecording } from './generated-exchange.ts';
import { Recorder, run, temporaryFolder } from './recorder.ts';

/** Serves a configuration that cannot be started, and returns what was said. */
async function refused(config: Record<string, unknown>, prepare: (folder: string) => void = () => undefined) {
  const folder = temporaryFolder();
  prepare(folder.path);
  const text = JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, ...config }).replaceAll(
    '$FOLDER',
    folder.path,
  );
  const recorder = Recorder.start(folder.path, JSON.parse(text) as Record<string, unknown>);
  try {
    return await recorder.ended;
  } finally {
    folder.remove();
  }
}

describe('a recorder that is asked for what cannot be', () => {
  it.each([
    [
      'a symbol that leaves the folder',
      { symbols: { pairs: ['../BTCUSDT'] } },
      /symbols\.pairs.*\.\.\/BTCUSDT/,
    ],
    ['no symbols', { symbols: { pairs: [] } }, /symbols\.pairs/],
    ['an unknown stream', { symbols: { pairs: ['BTCUSDT'], streams: ['aggtrade'] } }, /aggTrade/],
    ['an unknown key', { network: { silense_timeout: '30s' } }, /silense_timeout.*silence_timeout/],
  ])('refuses %s with exit code 78 and names it', async (_, config, message) => {
    expect(await refused(config)).toMatchObject({ code: 78, stderr: expect.stringMatching(message) });
  });

  it('refuses an unknown flag and a bad duration with exit code 2', async () => {
    expect(await run('streamer', ['serve', '--symbol', 'BTCUSDT'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--symbol/),
    });
    expect(await run('streamer', ['demo', '--duration', 'soon'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/soon/),
    });
  });

  it('refuses bad values of flags with exit code 2, naming the flag', async () => {
    for (const [flag, value] of [['--symbols', '../x'], ['--duration', '0s']] as const) {
      expect(await run('streamer', ['serve', '--config', 'config.yaml', flag, value])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(new RegExp(flag)),
      });
    } // prettier-ignore
  });

  it('refuses an output folder that cannot be written', async () => {
    const result = await refused({ storage: { output_dir: '$FOLDER/file/data' } }, (folder) =>
      writeFileSync(join(folder, 'file'), ''),
    );
    expect(result).toMatchObject({
      code: 73,
      stderr: expect.stringMatching(/output folder .* cannot be written/),
    });
  });

  it('refuses an output folder below /proc, where a recursive mkdir would never return', async () => {
    if (!existsSync('/proc/self')) return;
    expect((await refused({ storage: { output_dir: '/proc/nope/data' } })).code).toBe(73);
  });

  it('refuses a monitoring port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    try {
      const { port } = server.address() as AddressInfo;
      await whileRecording({ config: { monitoring: { port } } }, async ({ recorder }) => {
        expect(await recorder.ended).toMatchObject({
          code: 69,
          stderr: expect.stringMatching(new RegExp(`${port}`)),
        });
      });
    } finally {
      server.close();
    }
  });

  it('refuses a second recorder for the same folder and leaves the first alone', async () => {
    await whileRecording({}, async ({ recorder, exchange, data, folder }) => {
      await recorder.statusWhen(({ state }) => state === 'healthy');
      const second = Recorder.start(join(folder), {
        network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl },
        symbols: { pairs: ['BTCUSDT'] },
        storage: { output_dir: data },
      });
      expect((await second.ended).code).toBe(75);
      expect((await recorder.status()).state).toBe('healthy');
    });
  }, 40_000);

  it('names a symbol that the exchange does not list and records the others', async () => {
    await whileRecording(
      { symbols: ['BTCUSDT'], pairs: ['BTCUSDT', 'NOSUCHUSDT'] },
      async ({ recorder, data }) => {
        await recorder.statusWhen(({ state }) => state === 'healthy');
        const { code, stderr } = await recorder.stop();
        expect(code).toBe(0);
        expect(stderr).toMatch(/error .*SymbolUnknown symbol=NOSUCHUSDT/);
        expect(existsSync(join(data, 'NOSUCHUSDT'))).toBe(false);
        expect(readdirSync(join(data, 'BTCUSDT')).some((name) => name.startsWith('aggtrade_'))).toBe(true);
      },
    );
  }, 40_000);
});

describe('a recorder whose exchange misbehaves', () => {
  it('reports a stream that is acknowledged and stays silent by its name', async () => {
    const network = { silence_timeout: '2s' };
    await whileRecording({ symbols: ['BTCUSDT'], network }, async ({ recorder, exchange }) => {
      exchange.inject({ fault: 'silence', stream: 'btcusdt@aggTrade', duration: 600_000 });
      const { streams } = await recorder.statusWhen(({ streams: now }) =>
        now.some(({ alarm }) => alarm !== null),
      );
      expect(streams.filter(({ alarm }) => alarm !== null).map(({ stream }) => stream)).toEqual([
        'BTCUSDT@aggTrade',
      ]);
      expect(recorder.output().stderr).toMatch(/StreamSilent stream=BTCUSDT@aggTrade name=btcusdt@aggTrade/);
      const { status, body } = await recorder.get('/readyz');
      expect({ status, body: JSON.stringify(body) }).toMatchObject({
        status: 503,
        body: expect.stringMatching(/aggTrade/),
      });
    });
  }, 40_000);

  it('survives frames that are malformed, no UTF-8, or too large: they are rejected, logged, and the rest goes on', async () => {
    await whileRecording({ symbols: ['BTCUSDT'] }, async ({ recorder, exchange, data }) => {
      await recorder.statusWhen(({ state }) => state === 'healthy');
      for (const [fault, told] of [
        ['malformed', /FrameMalformed|MessageRejected/],
        ['invalidUtf8', /ConnectionClosed .*1007|MessageRejected/],
        ['oversized', /ConnectionClosed .*1009|MessageRejected/],
      ] as const) {
        const from = recorder.output().stderr.length;
        exchange.inject({ fault, stream: 'btcusdt@aggTrade' });
        const before = await recorder.statusWhen(() => told.test(recorder.output().stderr.slice(from)));
        const count = (status: typeof before): number =>
          status.streams.find(({ stream }) => stream.endsWith('aggTrade'))!.events;
        await recorder.statusWhen((status) => count(status) > count(before) + 10);
      }
      expect((await recorder.stop()).code).toBe(0);
      const name = readdirSync(join(data, 'BTCUSDT')).find((file) => file.startsWith('aggtrade_'))!;
      const rows = readFileSync(join(data, 'BTCUSDT', name), 'utf8')
        .trimEnd()
        .split('\n');
      expect(rows.filter((row) => row.split(',').length !== 11)).toEqual([]);
    });
  }, 60_000);
});
