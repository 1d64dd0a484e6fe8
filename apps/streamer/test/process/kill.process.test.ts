import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, isAlive, replay, type Status } from './recorder.ts';
import { whileRecording } from './generated-exchange.ts';

const healthy = (status: Status): boolean =>
  status.state === 'healthy' &&
  status.books.length === 2 &&
  status.books.every(({ state }) => state === 'live');

const eventsOf = (status: Status): number => status.streams.reduce((total, { events }) => total + events, 0);

function everyLineIsWhole(data: string): void {
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    for (const name of readdirSync(join(data, symbol))) {
      const text = readFileSync(join(data, symbol, name), 'utf8');
      if (!name.endsWith('.csv')) continue;
      const columns = text.slice(0, text.indexOf('\n')).split(',').length;
      const broken = text
        .trimEnd()
        .split('\n')
        .filter((row) => row.split(',').length !== columns);
      expect({ name, broken, ends: text.endsWith('\n') }).toEqual({ name, broken: [], ends: true });
    }
  }
}

describe('a recorder whose processes are killed', () => {
  it.each(['writer', 'order-book', 'worker'])(
    'restarts its %s and goes on recording',
    async (role) => {
      await whileRecording({}, async ({ recorder, data }) => {
        const before = await recorder.statusWhen(healthy);
        const victim = before.processes.find((child) => child.role === role)!;
        process.kill(victim.pid, 'SIGKILL');

        const after = await recorder.statusWhen(
          (status) =>
            healthy(status) &&
            status.processes.some(
              ({ id, restarts, state }) => id === victim.id && restarts === 1 && state === 'ready',
            ),
        );
        await recorder.statusWhen((status) => eventsOf(status) > eventsOf(after) + 50);
        expect(isAlive(victim.pid)).toBe(false);

        const { code, stdout } = await recorder.stop();
        expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 restarts/) });
        for (const { pid } of after.processes) expect(isAlive(pid)).toBe(false);
        everyLineIsWhole(data);
        for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
          expect(await replay(data, symbol)).toMatchObject({ code: 0, state: 'live' });
        }
      });
    },
    60_000,
  );

  it('leaves no process behind when the primary itself is killed', async () => {
    await whileRecording({ config: { general: { orphan_timeout: '1s' } } }, async ({ recorder }) => {
      const { processes } = await recorder.statusWhen(healthy);
      process.kill(recorder.pid, 'SIGKILL');
      await eventually(
        () => processes.every(({ pid }) => !isAlive(pid)),
        () => `alive: ${JSON.stringify(processes)}`,
        40_000,
      );
    });
  }, 60_000);
});
