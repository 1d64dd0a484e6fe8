import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNats } from '../../../../tools/test-servers/nats.mjs';
import { audit } from '../faults/audit.ts';
import { chanceOf, seedOfRun } from '../faults/chance.ts';
import { endOf } from '../faults/ending.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { isLive, whileUnderLoad } from '../faults/recording.ts';
import type { Status } from '../process/recorder.ts';
import { mergedToFiles } from './merged-to-files.ts';
import { processOf, sinkOf, storedRows } from './second-store.ts';

const KILLS = Number(process.env['FAULT_COUNT'] ?? 20);
/** Longest time that a server is away, and between two kills. */
const AWAY_MAX_MS = 6000;
const BETWEEN_MAX_MS = 3000;

const caughtUp = (status: Status): boolean =>
  isLive(status) && sinkOf(status).state === 'following' && sinkOf(status).backlogBytes < 1e6;

describe('a recorder whose NATS server, sink and writer are killed again and again', () => {
  it('has the rows of its files in the stream, once each and in order', async () => {
    const seed = seedOfRun();
    const chance = chanceOf(seed);
    const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
    const folder = mkdtempSync(join(tmpdir(), 'nats-soak-'));
    const server = await startNats();
    const kills = { server: 0, 'sink-nats': 0, writer: 0 };
    const nats = { servers: server.url, stream: 'md' };
    try {
      await whileUnderLoad(
        {
          symbols,
          exchange: ['--rate', '100', '--trades', '30'],
          data: join(folder, 'data'),
          config: { storage: { output_dir: join(folder, 'data'), formats: ['csv', 'nats'], nats } },
        },
        async ({ recorder, data }) => {
          await recorder.statusWhen(caughtUp, 60_000);
          for (let kill = 0; kill < KILLS; kill++) {
            await sleep(chance() * BETWEEN_MAX_MS);
            const victim = (['server', 'sink-nats', 'writer'] as const)[Math.floor(chance() * 3)]!;
            kills[victim]++;
            if (victim === 'server') {
              await server.kill();
              await sleep(chance() * AWAY_MAX_MS);
              await server.restart();
            } else {
              // The one before may be still coming back.
              const status = await recorder.statusWhen((now) => processOf(now, victim).pid !== undefined);
              process.kill(processOf(status, victim).pid, 'SIGKILL');
            }
            if (chance() < 0.5) await recorder.statusWhen(caughtUp, 120_000);
          }
          await recorder.statusWhen(caughtUp, 120_000);
          const ending = await endOf({ recorder, data, symbols });
          const second = join(folder, 'from-stream');
          const merged = await mergedToFiles(server.url, 'md', second);
          printFigures('nats killed', {
            seed,
            ...kills,
            restarts: ending.restarts,
            ...merged,
            ...auditFigures(ending.audit),
          });
          expect(merged.missed).toBe(0);
          expect(storedRows(second, symbols)).toEqual(storedRows(data, symbols));
          expect(audit(second, symbols)).toMatchObject(SOUND);
        },
      );
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
