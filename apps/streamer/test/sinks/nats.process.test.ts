import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findNats, startNats } from '../../../../tools/test-servers/nats.mjs';
import { audit } from '../faults/audit.ts';
import { SOUND } from '../faults/figures.ts';
import { isLive } from '../faults/recording.ts';
import { whileRecording } from '../process/generated-exchange.ts';
import { mergedToFiles } from './merged-to-files.ts';
import { concernsOf, processOf, sinkOf, storedRows } from './second-store.ts';

const maybe = findNats() === undefined ? it.skip : it;
if (findNats() === undefined) console.warn('skipped: no nats-server here (apt-get install nats-server)');

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

describe('a recorder with the format nats', () => {
  maybe(
    'has the rows of its files in the stream, once each, when server and sink were killed',
    async () => {
      const server = await startNats();
      const storage = { formats: ['csv', 'nats'], nats: { servers: server.url, stream: 'md' } };
      try {
        await whileRecording({ symbols: SYMBOLS, storage }, async ({ recorder, data, folder }) => {
          const follows = await recorder.statusWhen(
            (status) => isLive(status) && sinkOf(status).state === 'following' && sinkOf(status).rows > 0,
          );
          expect(sinkOf(follows)).toMatchObject({ name: 'nats', problem: null });
          const { pid, restarts } = processOf(follows, 'sink-nats');
          process.kill(pid, 'SIGKILL');
          await server.kill();
          const down = await recorder.statusWhen(
            (status) =>
              processOf(status, 'sink-nats').restarts > restarts && sinkOf(status).state === 'waiting',
          );
          expect(down.state).toBe('degraded');
          expect(concernsOf(down)).toEqual([expect.stringMatching(/^sink nats: .* recording goes on/)]);
          expect(await recorder.get('/readyz')).toMatchObject({ status: 200 });
          await server.restart();
          await recorder.statusWhen((status) => isLive(status) && sinkOf(status).state === 'following');
          const { code, stderr } = await recorder.stop();
          expect(code).toBe(0);
          expect(stderr).not.toMatch(/SinkLeftBehind|StopFailed/);

          const second = join(folder, 'from-stream');
          const { batches, missed } = await mergedToFiles(server.url, 'md', second);
          expect(batches).toBeGreaterThan(2);
          expect(missed).toBe(0);
          expect(existsSync(join(second, 'ETHUSDT'))).toBe(true);
          expect(storedRows(second, SYMBOLS)).toEqual(storedRows(data, SYMBOLS));
          expect(audit(second, SYMBOLS)).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
        });
      } finally {
        await server.stop();
      }
    },
    90_000,
  );
});
