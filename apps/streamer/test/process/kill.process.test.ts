import { eventually, isAlive, type Status } from './recorder.ts';
import { whileRecording } from './generated-exchange.ts';

const healthy = (status: Status): boolean =>
  status.state === 'healthy' &&
  status.books.length === 2 &&
  status.books.every(({ state }) => state === 'live');

describe('a recorder whose processes are killed', () => {
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
