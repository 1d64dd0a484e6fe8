import type { PriceLevel } from '@org/market-data';
import type { OrderBook } from '@org/orderbook';
import type { BookBlock } from '@org/storage-csv';
import { topDifference } from './book-difference.ts';
import type { FindingCode, Report, Severity } from './finding.ts';
import type { ReadFile } from './read-file.ts';
import { ReceiptCheck } from './receipt-check.ts';

/** Levels of stored tops that wait for their depth, of two files at most; some 60 MB. */
const LEVELS_MAX = 400_000;

interface HeldBlock extends BookBlock {
  readonly file: string;
  readonly mayBeUnfinished: boolean;
}

/** Stored tops of the book, each compared with the replayed book when that is at the same update id. */
export class BookBlocks {
  blocks = 0;
  checked = 0;
  unchecked = 0;
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  readonly #waiting: HeldBlock[] = [];
  #levels = 0;
  #file: ReadFile | undefined;
  #lastUpdateId = 0;
  /** The live book may stand on another snapshot than the replayed one since. */
  #isDoubted = false;

  constructor(report: Report) {
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#receipts.begin(file);
  }

  /** Takes a block of the file that began last. */
  add(block: BookBlock): void {
    const file = this.#file!;
    this.blocks++;
    this.#receipts.take(block.receivedAtUs, block.line);
    const held = { ...block, file: file.name, mayBeUnfinished: block.isLast && file.isOpen };
    if (block.lastUpdateId < this.#lastUpdateId) {
      const problem = `last_update_id ${block.lastUpdateId} stands behind ${this.#lastUpdateId}`;
      return this.#tell('error', 'ROW_OUT_OF_PLACE', held, problem);
    }
    this.#lastUpdateId = block.lastUpdateId;
    const levels = block.bids.length + block.asks.length;
    if (this.#levels + levels > LEVELS_MAX) this.unchecked++;
    else {
      this.#levels += levels;
      this.#waiting.push(held);
    }
  }

  /** A snapshot came that the replay did not need; a live book that began anew stands on it. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** The replayed book is at `updateId`; `isExact` while it is in sync. */
  at(updateId: number, book: OrderBook, isExact: boolean): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.lastUpdateId <= updateId;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#levels -= next.bids.length + next.asks.length;
      if (!isExact || next.lastUpdateId < updateId) this.unchecked++;
      else this.#compare(next, book);
    }
  }

  /** Nothing follows. */
  end(): void {
    this.unchecked += this.#waiting.length;
    this.#waiting.length = 0;
  }

  #compare(block: HeldBlock, book: OrderBook): void {
    this.checked++;
    const difference = topDifference(book, block);
    const line = block.line + (difference?.index ?? 0) + (difference?.side === 'ask' ? block.bids.length : 0);
    const problem = difference?.problem ?? (block.mayBeUnfinished ? undefined : countProblem(block, book));
    if (problem === undefined) this.#isDoubted = false;
    else this.#tell(this.#isDoubted ? 'warning' : 'error', 'BOOK_DIFFERS', { ...block, line }, problem);
  }

  #tell(severity: Severity, code: FindingCode, block: HeldBlock, problem: string): void {
    const { file, line, lastUpdateId } = block;
    const ids = [lastUpdateId, lastUpdateId] as const;
    const message = `at update id ${lastUpdateId}: ${problem}`;
    this.#report({ severity, code, file, line, stream: 'orderbook', ids, message });
  }
}

/** Both sides go to the same depth, as far as the book has levels. */
function countProblem({ bids, asks }: BookBlock, book: OrderBook): string | undefined {
  const depth = Math.max(bids.length, asks.length);
  return sideCountProblem('bid', bids, depth, book) ?? sideCountProblem('ask', asks, depth, book);
}

function sideCountProblem(
  side: 'bid' | 'ask',
  levels: readonly PriceLevel[],
  depth: number,
  book: OrderBook,
): string | undefined {
  if (levels.length === depth) return undefined;
  const expected = Math.min(depth, book.count(side));
  return levels.length === expected ? undefined : `expected ${expected} ${side} levels, was ${levels.length}`;
}
