import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExchange } from '@org/exchange-simulator';
import type { Finding } from '../../src/doctor/finding.ts';
import { run, temporaryFolder } from '../process/recorder.ts';

describe('streamer:doctor', () => {
  it('finds the route that acknowledges and stays silent, within ten seconds', async () => {
    const folder = temporaryFolder();
    const exchange = await startExchange({
      symbols: ['BTCUSDT'],
      seed: 1,
      faults: [{ fault: 'silence', route: 'market', duration: '10m' }],
    });
    try {
      const file = join(folder.path, 'config.yaml');
      const network = { rest_url: exchange.restUrl, ws_url: exchange.wsUrl };
      const storage = { output_dir: join(folder.path, 'data') };
      writeFileSync(file, JSON.stringify({ network, storage, symbols: { pairs: ['BTCUSDT'] } }));
      const startedAtMs = performance.now();
      const { code, stdout, stderr } = await run('streamer', ['doctor', '--config', file, '--json']);
      expect(performance.now() - startedAtMs).toBeLessThan(15_000);
      expect([code, stderr]).toEqual([1, '']);
      const findings = JSON.parse(stdout) as Finding[];
      expect(findings).toContainEqual(expect.objectContaining({ check: 'route /public', level: 'ok' }));
      expect(findings).toContainEqual({
        check: 'route /market',
        level: 'error',
        what: expect.stringMatching(/acknowledged, but no frame of BTCUSDT@aggTrade, BTCUSDT@kline_1m came/),
        advice: expect.stringMatching(/network\.ws_url/),
      });
    } finally {
      await exchange.stop();
      folder.remove();
    }
  });

  it('tells every fault of a configuration, and refuses unknown flags with exit code 2', async () => {
    const folder = temporaryFolder();
    try {
      const file = join(folder.path, 'config.yaml');
      writeFileSync(file, 'symbols: { pairs: ["../x"] }\nnetwork: { markt: usdm }\n');
      const [faulty, usage] = await Promise.all([
        run('streamer', ['doctor', '--config', file]),
        run('streamer', ['doctor', '--jsn']),
      ]);
      expect(faulty).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(
          /error +config +.*:1: symbols\.pairs\[0\][^]*:2: network\.markt[^]*2 errors/,
        ),
        stderr: '',
      });
      expect(usage.code).toBe(2);
    } finally {
      folder.remove();
    }
  });
});
