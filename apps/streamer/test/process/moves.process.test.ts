import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit } from '../faults/audit.ts';
import { whileRecording } from './generated-exchange.ts';
import { replay, type Status } from './recorder.ts';

const CORES = availableParallelism();
const SYMBOLS = Array.from({ length: Math.max(9, 4 * CORES + 1) }, (_, index) => `S${index + 1}USDT`);

/** With one core there is one worker, and nobody to move to. */
const maybe = CORES > 1 ? it : it.skip;

/** The recorder with another pace: loads are looked at often, and nobody is waited for. */
function hastyRecorder(folder: string): string {
  const file = join(folder, 'hasty-recorder.mjs');
  const dist = (path: string): string => JSON.stringify(pathToFileURL(resolve(path)).href);
  writeFileSync(
    file,
    `import { runPrimary } from ${dist('apps/streamer/dist/roles/primary.js')};
import { loadConfig } from ${dist('libs/config/dist/index.js')};
const load = () => loadConfig({ path: process.argv[4] });
const pace = { lookIntervalMs: 700, looks: 2, calmAfterMs: 0 };
process.exitCode = await runPrimary(load, ${JSON.stringify(resolve('apps/streamer/dist/main.js'))}, { pace });
`,
  );
  return file;
}

interface Worker {
  readonly id: string;
  readonly pid: number;
  readonly symbols: readonly string[];
}

const workersOf = (status: Status): Worker[] =>
  (status.processes as unknown as (Worker & { role: string })[]).filter(({ role }) => role === 'worker');
const countsOf = (status: Status) => workersOf(status).map(({ symbols }) => symbols.length);
const pidsOf = (status: Status) => status.processes.map(({ id, pid }) => `${id} ${pid}`);

describe('a recorder of which one worker carries too much', () => {
  maybe(
    'moves symbols to another one while both record, without a gap, a snapshot or a word in the files',
    async () => {
      const config = { symbols: { pairs: ['*'], refresh_interval: '1s', per_worker: 'auto' } };
      await whileRecording(
        { symbols: SYMBOLS, config, main: hastyRecorder },
        async ({ recorder, exchange, data }) => {
          const before = await recorder.statusWhen(
            (status) =>
              status.state === 'healthy' &&
              status.books.length === SYMBOLS.length &&
              status.books.every(({ state }) => state === 'live'),
          );
          const [busy, ...others] = workersOf(before);
          // The first worker keeps all of its symbols, the others one each; never so many at once that nobody believes it.
          const victims = others.flatMap(({ symbols }) => symbols.slice(1));
          for (let left = SYMBOLS.length; victims.length > 0;) {
            const gone = victims.splice(0, Math.floor(left * 0.4));
            left -= gone.length;
            exchange.changeListings({ delist: gone });
            await recorder.statusWhen(({ books }) => books.length === left);
          }
          const after = await recorder.statusWhen(
            (status) =>
              /SymbolMoved/.test(recorder.output().stderr) &&
              Math.max(...countsOf(status)) < busy!.symbols.length &&
              countsOf(status).reduce((sum, count) => sum + count, 0) === status.books.length,
          );
          expect(pidsOf(after)).toEqual(pidsOf(before));
          const events = new Map(after.streams.map(({ stream, events }) => [stream, events]));
          await recorder.statusWhen(({ streams }) =>
            streams.every((one) => one.events > events.get(one.stream)! + 10),
          );
          expect((await recorder.stop()).code).toBe(0);

          const log = recorder.output().stderr;
          expect(log).not.toMatch(/GapDetected|SymbolNotMoved|MessageRejected|StreamSilent/);
          const snapshots = exchange.report().rest.filter(({ path }) => path.endsWith('/depth'));
          expect(snapshots).toMatchObject([{ requests: SYMBOLS.length, status: 200 }]);
          expect(audit(data, SYMBOLS)).toMatchObject({
        malformed: [], duplicated: [], undeclared: [], lost: 0, gapRows: 0,
      }); // prettier-ignore
          for (const symbol of SYMBOLS)
            expect(await replay(data, symbol)).toMatchObject({ gaps: 0, state: 'live' });
        },
      );
    },
    60_000,
  );
});
