import { auditFigures, printFigures, SOUND } from './figures.ts';
import { refuseRequests } from './refuse-requests.ts';

const symbols = ['BTCUSDT'];

describe('a recorder whose requests are refused', () => {
  it('goes on recording, and its book comes back behind refusals of every kind', async () => {
    const { audit, books, refusals } = await refuseRequests({
      symbols,
      exchange: ['--rate', '30', '--trades', '10', '--levels', '300'],
      refusals: [
        {
          name: 'one of each',
          faults: ['rest403html', 'rest451', 'rest5xx', 'restGarbage', 'rest429'].map((fault) => ({
            fault,
            ...(fault === 'rest429' ? { retryAfter: '1s' } : {}),
          })),
          backWithinMs: 20_000,
        },
      ],
    });
    for (const figures of refusals) printFigures('refused requests', figures);
    printFigures('refused requests', { ...auditFigures(audit), levels: books.levels });
    expect(refusals[0]!.statuses).toMatch(/403.*451.*503.*429/);
    expect(refusals[0]!.requests).toBeLessThanOrEqual(7);
    expect(refusals[0]!.events).toBeGreaterThan(50);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect(books).toMatchObject({ books: 1, differences: [] });
  }, 60_000);
});
