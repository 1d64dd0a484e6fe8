import { auditFigures, printFigures, SOUND } from './figures.ts';
import { refuseRequests } from './refuse-requests.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const lasting = (fault: string, more = {}) => [{ fault, duration: '10s', ...more }];

/** A back-off that has just begun may be as long as the fault was. */
const refusals = [
  { name: '403 with HTML for 10 s', faults: lasting('rest403html'), backWithinMs: 40_000 },
  { name: '451 for 10 s', faults: lasting('rest451'), backWithinMs: 40_000 },
  { name: '503 for 10 s', faults: lasting('rest5xx'), backWithinMs: 40_000 },
  { name: 'garbage for 10 s', faults: lasting('restGarbage'), backWithinMs: 40_000 },
  { name: 'answers after 15 s, for 10 s', faults: lasting('restSlow', { delay: '15s' }), backWithinMs: 60_000 },
  { name: '20 times 429 with Retry-After 2 s', faults: [{ fault: 'rest429', count: 20, retryAfter: '2s' }], backWithinMs: 120_000 },
  // Without the header a minute passes before the next request of each attempt.
  { name: '3 times 429 without Retry-After', faults: [{ fault: 'rest429', count: 3 }], backWithinMs: 200_000 },
]; // prettier-ignore

describe('a recorder whose requests are refused', () => {
  it('goes on recording, and its books come back', async () => {
    const figures = await refuseRequests({
      symbols,
      exchange: ['--rate', '50', '--trades', '20', '--levels', '300'],
      refusals,
    });
    for (const refusal of figures.refusals) printFigures('refused requests', refusal);
    const { audit, books } = figures;
    printFigures('refused requests', { ...auditFigures(audit), levels: books.levels });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
    for (const { requests } of figures.refusals) expect(requests).toBeLessThanOrEqual(60);
  });
});
