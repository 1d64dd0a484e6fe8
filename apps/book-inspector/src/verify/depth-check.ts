import { OrderBook, OrderBookError, previousUpdateId } from '@org/orderbook';
import type { RawDepth } from '@org/storage-csv';
import { BookReplay } from '../replay.ts';
import type { BookBlocks } from './book-blocks.ts';
import { topDifference } from './book-difference.ts';
import type { Finding, Report } from './finding.ts';
import { levelProblem } from './level-order.ts';
import type { ReadFile } from './read-file.ts';
import { ReceiptCheck } from './receipt-check.ts';
import { StreamBreaks } from './stream-breaks.ts';

const STREAM = 'depth';
/** Levels a side in which a snapshot from REST is compared. */
const REST_LEVELS = 20;

/** The depth of one symbol: the chain of its ids, its levels, and the book that it replays to. */
export class DepthCheck {
  readonly breaks = new StreamBreaks(STREAM);
  readonly #replay: BookReplay;
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  readonly #blocks: BookBlocks;
  readonly #isOwn: boolean;
  #file: ReadFile | undefined;
  #isHead = false;
  #isCrossed = false;
  /** A snapshot came that the replay did not need: the live book may stand on it, and lack levels far from the touch. */
  #isLiveShallower = false;
  #before: { readonly line: number; readonly rows: number; readonly damagedRows: number } | undefined;

  /** `isOwn` is false for captures, which keep what overlapping connections repeat. */
  constructor(symbol: string, report: Report, blocks: BookBlocks, isOwn: boolean) {
    this.#replay = new BookReplay(symbol);
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
    this.#blocks = blocks;
    this.#isOwn = isOwn;
  }

  /** The scale for the reader. */
  get book(): OrderBook {
    return this.#replay.book;
  }

  get events(): number {
    return this.#replay.messages + this.#replay.snapshots;
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#isHead = true;
    this.#before = undefined;
    this.#receipts.begin(file);
  }

  take(message: RawDepth): void {
    this.#receipts.take(message.receivedAtUs, message.line);
    this.#checkRows(message);
    this.#checkLevels(message);
    if (this.#isHead) this.#checkHead(message);
    if (message.type === 'snapshot') this.#takeSnapshot(message);
    else this.#takeDiff(message);
    this.#isHead = false;
  }

  /** Nothing follows. */
  end(): void {
    this.#blocks.end();
    const { noBookReason, state } = this.#replay;
    if (this.#file === undefined || (noBookReason === undefined && state !== 'buffering')) return;
    const why =
      noBookReason === undefined
        ? 'no snapshot follows the last gap'
        : noBookReason === 'no-join'
          ? 'no diff continues any of the snapshots'
          : 'there is no snapshot';
    this.#tell('warning', 'BOOK_NOT_IN_SYNC', undefined, `the book is not in sync at the end: ${why}`);
  }

  /** Two rows that are equal to the letter are one message to the reader; its lines show them. */
  #checkRows({ line, bidCount, askCount, damagedRows }: RawDepth): void {
    const before = this.#before;
    const rows = Math.max(1, bidCount + askCount);
    this.#before = { line, rows, damagedRows };
    if (!this.#isOwn || before === undefined || damagedRows > 0 || before.damagedRows > 0) return;
    if (line - before.line !== before.rows)
      this.#tell('error', 'ROW_REPEATED', before.line, 'a message without levels stands there twice');
  }

  #checkLevels(message: RawDepth): void {
    const found = levelProblem(message);
    if (found === undefined) return;
    const line = this.#isOwn ? message.line + found.index : message.line;
    const code = found.isRepeat ? 'LEVEL_REPEATED' : 'LEVEL_OUT_OF_ORDER';
    this.#tell('error', code, line, found.problem, [previousOf(message), message.finalUpdateId]);
  }

  #checkHead(message: RawDepth): void {
    const { isFirst, isPeriodHead } = this.#file!;
    if (!this.#isOwn || isFirst || !isPeriodHead || message.type === 'snapshot') return;
    // A file whose first diff stands behind a gap begins without.
    if (this.#replay.state === 'live' && previousUpdateId(message) === this.#replay.lastUpdateId)
      this.#tell(
        'warning',
        'OPENING_MISSING',
        message.line,
        'the file does not begin with a snapshot of the book',
      );
  }

  #takeSnapshot(message: RawDepth): void {
    const isLive = this.#replay.state === 'live';
    const isSame = isLive && message.finalUpdateId === this.#replay.lastUpdateId;
    const isOpening = isSame && this.#isHead && !this.#file!.isFirst && this.#isOwn;
    if (!isOpening) this.#isLiveShallower = isLive;
    if (isSame) this.#compareSnapshot(message, isOpening);
    else if (isLive) this.#blocks.doubt();
    this.#apply(message);
  }

  /** A snapshot at the id of the book must be the book: all of it at the head of a file, near the touch when it came from REST. */
  #compareSnapshot(message: RawDepth, isOpening: boolean): void {
    const stored = new OrderBook();
    stored.replaceWithRaw(message);
    const { book } = this.#replay;
    const isExact = isOpening && !this.#isLiveShallower;
    // Far from the touch the book holds only what changed since its own snapshot, and the exchange sends 1000 levels.
    const { bids, asks } = stored.top(isExact ? Infinity : REST_LEVELS);
    const found = topDifference(book, { bids, asks });
    const isWhole = bids.length === book.count('bid') && asks.length === book.count('ask');
    const counts = `${book.count('bid')} bids and ${book.count('ask')} asks, was ${bids.length} and ${asks.length}`;
    const problem = found?.problem ?? (isExact && !isWhole ? `expected ${counts}` : undefined);
    if (problem === undefined) return;
    const line = message.line + (found?.index ?? 0) + (found?.side === 'ask' ? message.bidCount : 0);
    const ids = [message.finalUpdateId, message.finalUpdateId] as const;
    // From REST a level may be ahead of the diffs for a moment: docs/adr/0001, what the rule cannot see.
    if (isOpening) this.#tell(isExact ? 'error' : 'warning', 'OPENING_DIFFERS', line, problem, ids);
    else this.#tell('warning', 'SNAPSHOT_DIFFERS', this.#isOwn ? line : message.line, problem, ids);
    if (!isOpening) this.#blocks.doubt();
  }

  #takeDiff(message: RawDepth): void {
    const follows = previousUpdateId(message);
    const { firstUpdateId, finalUpdateId, line } = message;
    const ids = [follows, finalUpdateId] as const;
    if (firstUpdateId > finalUpdateId || follows >= firstUpdateId)
      this.#tell(
        'error',
        'IDS_INCONSISTENT',
        line,
        `expected pu < U <= u, was ${follows}, ${firstUpdateId}, ${finalUpdateId}`,
        ids,
      );
    const last = this.breaks.lastId;
    const severity = this.#isOwn ? 'error' : 'warning';
    if (last !== undefined && finalUpdateId <= last)
      this.#tell(severity, 'ROW_REPEATED', line, `update id ${finalUpdateId} stands behind ${last}`, [
        last,
        finalUpdateId,
      ]);
    else if (last !== undefined && follows < last)
      this.#tell(severity, 'IDS_INCONSISTENT', line, `follows ${follows}, which lies before ${last}`, [
        last,
        follows,
      ]);
    else if (last !== undefined && follows > last) this.#break(last, follows, message);
    this.#apply(message);
    this.breaks.firstId ??= follows;
    if (last !== undefined && finalUpdateId <= last) return;
    this.breaks.lastId = finalUpdateId;
    this.breaks.latestUs = message.receivedAtUs;
    this.#checkCrossed(message);
  }

  #break(lastId: number, nextId: number, { receivedAtUs, line }: RawDepth): void {
    const times = { lastTimeUs: this.breaks.latestUs, nextTimeUs: receivedAtUs };
    const place = { file: this.#file!.name, line };
    this.breaks.add({ lastId, nextId, ...times, ...place, missing: undefined, isDisplaced: false });
  }

  #apply(message: RawDepth): void {
    try {
      this.#replay.take(message);
    } catch (error) {
      if (!(error instanceof OrderBookError)) throw error;
      this.#tell('error', 'LEVEL_REFUSED', message.line, error.message, [
        previousOf(message),
        message.finalUpdateId,
      ]);
    }
    const { lastUpdateId, state, book } = this.#replay;
    if (lastUpdateId !== undefined) this.#blocks.at(lastUpdateId, book, state !== 'buffering');
  }

  /** Told once, when it begins: a book may stay crossed for as long as a level is missing. */
  #checkCrossed(message: RawDepth): void {
    const isCrossed = this.#replay.state === 'live' && this.book.isCrossed;
    if (isCrossed && !this.#isCrossed) {
      const problem = `best bid ${this.book.bestBid()?.[0]} is not below best ask ${this.book.bestAsk()?.[0]}`;
      this.#tell('warning', 'BOOK_CROSSED', message.line, problem, [
        previousOf(message),
        message.finalUpdateId,
      ]);
    }
    this.#isCrossed = isCrossed;
  }

  #tell(
    severity: Finding['severity'],
    code: Finding['code'],
    line: number | undefined,
    message: string,
    ids?: Finding['ids'],
  ): void {
    const place = { file: this.#file!.name, stream: STREAM, ...(line === undefined ? {} : { line }) };
    this.#report({ severity, code, ...place, ...(ids === undefined ? {} : { ids }), message });
  }
}

function previousOf(message: RawDepth): number | null {
  return message.type === 'snapshot' ? null : previousUpdateId(message);
}
