import { setTimeout as sleep } from 'node:timers/promises';
import { audit, type Audit } from './audit.ts';
import { chanceOf } from './chance.ts';
import { caughtUp } from './conclusion.ts';
import {
  type BookComparison,
  booksOfExchange,
  booksOfRecorder,
  compareBooks,
  compareWholeBooks,
  type ShownBook,
  type SummedBook,
} from './exchange-books.ts';
import { auditFigures } from './figures.ts';
import { connectionsDeliver, type ExchangeReport } from './exchange-report.ts';
import { isLive, type Recording, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface CutLinesOptions extends RecordingOptions {
  readonly seed: number;
  readonly cuts: number;
  /** With 2, one line at a time is cut: the next one when all deliver again. */
  readonly redundancy: 1 | 2;
  /** Between two cuts, at most. */
  readonly pauseMsMax: number;
  /** After so many cuts the books of the exchange are written down, to be compared afterwards. */
  readonly cutsPerLook: number;
  /**
   * Whether all levels of the exchange's books can be known. A snapshot has a thousand levels a side, so a book that
   * begins anew may miss some; and the first event behind it, cut differently, may have some that the exchange left out.
   */
  readonly isWhole: boolean;
  /** Called while the files are there. */
  readonly inspect?: (data: string) => void | Promise<void>;
}

export interface CutLinesFigures {
  readonly cuts: number;
  readonly connections: number;
  /** Level by level, those that the recorder shows and those of the exchange. */
  readonly books: BookComparison;
  /** By their checksums, those of the exchange; a book that begins again from a snapshot knows a thousand levels. */
  readonly wholeBooks: BookComparison;
  readonly audit: Audit;
}

const ENDS = [
  { fault: 'cut' },
  { fault: 'reset' },
  { fault: 'close', code: 1001 },
  { fault: 'close', code: 1008 },
  { fault: 'close', code: 1011 },
] as const;

interface Looks {
  readonly shown: ShownBook[];
  readonly whole: SummedBook[];
}

/** Figures that a reader wants to see. */
export function cutFigures({ cuts, connections, books, wholeBooks, audit }: CutLinesFigures): object {
  return {
    cuts, connections, ...auditFigures(audit), gapRows: audit.gapRows, books: books.books, levels: books.levels, wholeBooks: wholeBooks.books, differences: books.differences.length + wholeBooks.differences.length,
  }; // prettier-ignore
}

/** Ends connections at moments of chance, in every way that there is, and compares the books afterwards. */
export async function cutLines(options: CutLinesOptions): Promise<CutLinesFigures> {
  let figures: CutLinesFigures | undefined;
  const network = { redundancy: options.redundancy, ...options.network };
  await whileUnderLoad({ ...options, network }, async (recording) => {
    const { exchange, recorder, data, symbols } = recording;
    await recorder.statusWhen(isLive, 40_000);
    const looks: Looks = { shown: [], whole: [] };
    await cutAgainAndAgain(options, recording, looks);
    if (options.replay !== undefined) await exchange.finished;
    await recorder.statusWhen(isLive, 60_000);
    await caughtUp(recording, symbols);
    await look(options, recording, looks);
    await caughtUp(recording, symbols);
    const shown = [...looks.shown, ...(await booksOfRecorder(recorder, symbols))];
    const { connectionsAccepted } = await exchange.report<ExchangeReport>();
    const { code, stderr } = await recorder.stop();
    if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
    figures = {
      cuts: options.cuts,
      connections: connectionsAccepted,
      books: await compareBooks(data, shown),
      wholeBooks: await compareWholeBooks(data, looks.whole),
      audit: audit(data, symbols),
    };
    await options.inspect?.(data);
  });
  return figures!;
}

async function cutAgainAndAgain(options: CutLinesOptions, recording: Recording, looks: Looks): Promise<void> {
  const { seed, cuts, redundancy, pauseMsMax, cutsPerLook } = options;
  const { exchange, symbols } = recording;
  const chance = chanceOf(seed);
  const of = <T>(choices: readonly T[]): T => choices[Math.floor(chance() * choices.length)]!;
  const open = (await exchange.report<ExchangeReport>()).connections.filter(({ end }) => end === 'open');
  for (let cut = 1; cut <= cuts; cut++) {
    await sleep(chance() * pauseMsMax);
    if (redundancy === 2) await connectionsDeliver(exchange, open.length);
    if (cut % cutsPerLook === 0) await look(options, recording, looks);
    const pick = redundancy === 1 ? {} : { pick: of(['oldest', 'newest'] as const) };
    await exchange.inject({ ...of(ENDS), symbol: of(symbols), ...pick });
  }
  if (options.replay === undefined) await connectionsDeliver(exchange, open.length);
}

async function look(
  { isWhole }: CutLinesOptions,
  { exchange, symbols }: Recording,
  { shown, whole }: Looks,
): Promise<void> {
  if (isWhole) whole.push(...(await exchange.report<ExchangeReport>()).books);
  else shown.push(...(await booksOfExchange(exchange, symbols)));
}
