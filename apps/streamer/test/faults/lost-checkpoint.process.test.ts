import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit, gapRowsOf } from './audit.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { eventsOf, isLive, whileUnderLoad } from './recording.ts';

const load = { symbols: ['BTCUSDT'], exchange: ['--rate', '50', '--trades', '20'] };

describe('a recorder whose checkpoint is gone', () => {
  it('stores nothing twice when it was damaged, and declares the seam', async () => {
    await whileUnderLoad(load, async ({ recorder, data, symbols, startAgain }) => {
      await recorder.statusWhen((status) => isLive(status) && eventsOf(status) > 200);
      expect((await recorder.stop()).code).toBe(0);
      appendFileSync(join(data, '.csv-checkpoint.json'), 'x');
      const next = startAgain();
      await next.statusWhen((status) => isLive(status) && eventsOf(status) > 100);
      expect((await next.stop()).code).toBe(0);
      const result = audit(data, symbols);
      printFigures('checkpoint damaged', auditFigures(result));
      expect(result).toMatchObject({ malformed: SOUND.malformed, duplicated: SOUND.duplicated });
      const seams = gapRowsOf(join(data, 'BTCUSDT')).filter(({ reason }) => reason === 'restart');
      expect(seams.map(({ stream, lastId }) => [stream, lastId]).sort()).toEqual([
        ['BTCUSDT@aggTrade', undefined],
        ['BTCUSDT@depth@0ms', undefined],
        ['BTCUSDT@kline_1m', undefined],
      ]);
    });
  }, 60_000);
});
