import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireClean } from '../process/recorder.ts';
import { audit, type Audit } from './audit.ts';
import { depthMessages } from './depth-messages.ts';
import { type BookComparison, compareWholeBooks, type SummedBook } from './exchange-books.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { auditFigures } from './figures.ts';
import type { Recording } from './recording.ts';

/** With different depth cuts about every second id of the exchange is the end of an event that the recorder got. */
const LOOKS = 12;
const LOOK_INTERVAL_MS = 30;

/** What a recording has come to. */
export interface Conclusion {
  readonly audit: Audit;
  /** The exchange's books at the end, by their checksums. */
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
): Promise<Conclusion> {
  const { exchange, recorder, data, symbols } = recording;
  await caughtUp(recording, symbols);
  const books: SummedBook[] = [];
  for (let look = 0; look < LOOKS; look++) {
    books.push(...(await exchange.report<ExchangeReport>()).books);
    await sleep(LOOK_INTERVAL_MS);
  }
  await caughtUp(recording, symbols);
  const { code, stderr } = await recorder.stop();
  if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
  await requireClean(data);
  const stored = await storedBooks(data, symbols, books);
  return {
    audit: audit(data, symbols),
    books: await compareWholeBooks(data, stored),
    log: stderr,
  };
}

/** Of each symbol the last book whose id is the end of a stored event. */
async function storedBooks(
  data: string,
  symbols: readonly string[],
  books: readonly SummedBook[],
): Promise<SummedBook[]> {
  const found = symbols.map(async (symbol) => {
    const messages = await depthMessages(join(data, symbol));
    const ids = new Set(messages.map(({ finalUpdateId }) => finalUpdateId));
    return books.findLast((book) => book.symbol === symbol && ids.has(book.lastUpdateId));
  });
  return (await Promise.all(found)).filter((book) => book !== undefined);
}

export function conclusionFigures({ audit, books }: Conclusion): object {
  return {
    ...auditFigures(audit), gapRows: audit.gapRows, books: books.books, levels: books.levels, differences: books.differences.length,
  }; // prettier-ignore
}
