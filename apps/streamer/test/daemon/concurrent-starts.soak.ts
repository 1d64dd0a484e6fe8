import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemProcesses } from '../../src/daemon/process-table.ts';
import { DaemonFolder } from './daemon-folder.ts';

const STARTS = 20;

describe('a folder where many recorders are started at once', () => {
  it('has exactly one of them, and everybody else is told so', async () => {
    await DaemonFolder.with(async (folder) => {
      folder.configure({ symbols: { pairs: ['BTCUSDT'] } });
      const starts = Array.from({ length: STARTS }, () => folder.run('start', '--wait', '3m'));
      const runs = await Promise.all(starts);
      const codes = runs.map(({ code }) => code).sort();
      expect({
        codes,
        texts: runs.map(({ stderr }) => stderr).filter((text) => !/another recorder records into/.test(text)),
      }).toEqual({
        codes: [0, ...Array.from({ length: STARTS - 1 }, () => 75)],
        texts: [''],
      });
      const { pid } = folder.recorder!;
      expect(systemProcesses.identityOf(pid)).toBeDefined();
      expect(await folder.run('status')).toMatchObject({ code: 0 });
      const { processes } = await folder.status();
      expect(processes.map(({ role, restarts }) => `${role} ${restarts}`).sort()).toEqual([
        'order-book 0',
        'primary 0',
        'worker 0',
        'writer 0',
      ]);
      expect(readdirSync(join(folder.path, 'logs')).filter((name) => name.startsWith('start'))).toEqual([
        'start.log',
      ]);
      expect(await folder.run('stop')).toMatchObject({ code: 0 });
    });
  }, 300_000);
});
