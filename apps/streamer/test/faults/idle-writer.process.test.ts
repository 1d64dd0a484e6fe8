import { join } from 'node:path';
import { temporaryFolder } from '../process/recorder.ts';
import { WriterProcess } from './writer-process.ts';

describe('a writer that nobody sends anything', () => {
  it('stops at once, on a new folder and on one that was used', async () => {
    const folder = temporaryFolder();
    const writers: WriterProcess[] = [];
    try {
      for (let life = 0; life < 2; life++) {
        const writer = new WriterProcess({ data: join(folder.path, 'data'), symbols: ['BTCUSDT'] });
        writers.push(writer);
        await writer.ready;
        const orderedAtMs = performance.now();
        expect(await writer.stop()).toMatchObject({ code: 0 });
        expect(performance.now() - orderedAtMs).toBeLessThan(5000);
      }
    } finally {
      for (const writer of writers) await writer.kill();
      folder.remove();
    }
  }, 60_000);
});
