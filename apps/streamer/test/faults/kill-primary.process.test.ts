import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killPrimary } from './kill-primary.ts';

/* The short forms of the kill tests; `npm run soak` has the long ones. */
const load = { symbols: ['BTCUSDT', 'ETHUSDT'], exchange: ['--rate', '50', '--trades', '20'] };
const NO_LOSS = { ...SOUND, lost: 0, gapRows: 0 };

describe('a recorder under load', () => {
  it('records on while its primary is dead, and goes over to the next one', async () => {
    const { audit, ...figures } = await killPrimary({ ...load, kills: 1, aloneMs: 1000 });
    printFigures('primary kill -9', { ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
  }, 90_000);
});
