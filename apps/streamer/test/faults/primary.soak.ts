import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killPrimary } from './kill-primary.ts';

describe('the primary', () => {
  it('is killed; its children record on for 35 s, and the next one takes over without loss', async () => {
    const { audit, ...figures } = await killPrimary({
      kills: 3, aloneMs: Number(process.env['FAULT_ALONE_MS'] ?? 35_000), symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], exchange: ['--rate', '100', '--trades', '50'],
    }); // prettier-ignore
    printFigures('primary kill -9', { ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
  });
});
