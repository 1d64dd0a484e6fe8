import fc from 'fast-check';
import { join } from 'node:path';
import { compactDay } from '@org/storage-parquet';
import { PlainDuckDb, withDuckDb } from './duckdb.ts';
import { csv, DATE, newStore, sealedDay, SYMBOL, temporaryFolder } from './recording.ts';

const folder = temporaryFolder();
const duckDb = new PlainDuckDb();
afterAll(() => duckDb.close());

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789'), { minLength, maxLength })
    .map((characters) => characters.join(''));
const zeros = fc.nat(12).map((count) => '0'.repeat(count));

/** What exchanges send, and what they might: many digits, and zeros at both ends that say nothing. */
const decimal = (integerMax: number, fractionMax: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('', '', '-'), zeros, digits(1, integerMax), digits(0, fractionMax), zeros)
    .map(([sign, lead, integer, fraction, tail]) => {
      const behind = fraction + tail;
      return `${sign}${lead}${integer}${behind === '' ? '' : `.${behind}`}`;
    });
/** A column has values of one of these sizes. */
const column = fc
  .constantFrom([6, 2], [10, 8], [20, 8], [1, 18], [20, 18], [15, 3], [2, 16], [38, 0], [1, 37], [12, 26])
  .chain(([integer, fraction]) =>
    fc.array(fc.option(decimal(integer, fraction), { freq: 20 }), { minLength: 1, maxLength: 20 }),
  );

/** The number that a text is: sign, digits without zeros that say nothing, and how many of them stand behind the point. */
function valueOf(text: unknown): string {
  if (typeof text !== 'string') return 'none';
  const [integer = '', fraction = ''] = text.replace('-', '').split('.');
  const tail = fraction.replace(/0+$/, '');
  const head = integer.replace(/^0+/, '');
  const isZero = head === '' && tail === '';
  return `${text.startsWith('-') && !isZero ? '-' : ''}${head}.${tail}`;
}

describe('decimals', () => {
  withDuckDb('come back as the numbers that they were, whatever their digits; zeros at their ends may not', async () => {
    await fc.assert(
      fc.asyncProperty(column, column, async (prices, quantities) => {
        const count = Math.min(prices.length, quantities.length);
        const rows = Array.from({ length: count }, (_, index) =>
          [1_767_355_200_000_000 + index, '', 5, 'bid', index, prices[index] ?? '', quantities[index] ?? ''].join(','));
        const outputDir = newStore(folder);
        await sealedDay(outputDir, { [`orderbook_${DATE}.csv`]: csv('orderbook', rows) });
        const [outcome] = await compactDay({ outputDir, symbol: SYMBOL, date: DATE, nowMs: Date.UTC(2026, 0, 4), engine: await duckDb.engine() });
        expect(outcome).toMatchObject({ result: 'written', rows: count });
        const path = join(outputDir, SYMBOL, `orderbook_${DATE}.parquet`);
        const read = await duckDb.query(`SELECT price::VARCHAR AS price, quantity::VARCHAR AS quantity, typeof(price) AS type FROM '${path}'`);
        for (const [index, row] of read.entries()) {
          expect(row['type']).toMatch(/^DECIMAL/);
          expect(valueOf(row['price'])).toBe(valueOf(prices[index]));
          expect(valueOf(row['quantity'])).toBe(valueOf(quantities[index]));
        }
      }),
      { numRuns: 40 },
    );
  }); // prettier-ignore
});
