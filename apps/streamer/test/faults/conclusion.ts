import { audit, type Audit } from './audit.ts';
import { type BookComparison, compareWholeBooks, type SummedBook } from './exchange-books.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { auditFigures } from './figures.ts';
import type { Recording } from './recording.ts';

/** What a recording has come to. */
export interface Conclusion {
  readonly audit: Audit;
  /** The exchange's books by their checksums, at the end and whenever else they were written down. */
  readonly books: BookComparison;
  /** Everything that the recorder logged. */
  readonly log: string;
}

/** Resolves when the live books have reached what the exchange has sent by now. */
export async function caughtUp(
  { exchange, recorder }: Pick<Recording, 'exchange' | 'recorder'>,
  symbols: readonly string[],
  timeoutMs = 40_000,
): Promise<void> {
  const { books: sent } = await exchange.report<ExchangeReport>();
  const idOf = new Map(sent.map(({ symbol, lastUpdateId }) => [symbol, lastUpdateId]));
  await recorder.statusWhen(
    ({ books }) =>
      books.length === symbols.length &&
      books.every(
        ({ symbol, state, lastUpdateId = 0 }) => state === 'live' && lastUpdateId >= idOf.get(symbol)!,
      ),
    timeoutMs,
  );
}

/**
 * Stops the recorder when it is in sync with the exchange, and judges what it has stored. The market must be one whose
 * snapshots are whole books (`--levels` up to 1000).
 */
export async function conclude(
  recording: Pick<Recording, 'exchange' | 'recorder' | 'data' | 'symbols'>,
  earlier: readonly SummedBook[] = [],
): Promise<Conclusion> {
  const { exchange, recorder, data, symbols } = recording;
  await caughtUp(recording, symbols);
  const { books } = await exchange.report<ExchangeReport>();
  await caughtUp(recording, symbols);
  const { code, stderr } = await recorder.stop();
  if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
  const recorded = [...earlier, ...books].filter(({ symbol }) => symbols.includes(symbol));
  return { audit: audit(data, symbols), books: await compareWholeBooks(data, recorded), log: stderr };
}

export function conclusionFigures({ audit, books }: Conclusion): object {
  return {
    ...auditFigures(audit), gapRows: audit.gapRows, books: books.books, levels: books.levels, differences: books.differences.length,
  }; // prettier-ignore
}
