import type { BookTickerRow, MarketRow, TimedRow } from '@org/storage-csv';
import type { FindingCode, Report, Severity } from './finding.ts';
import type { ReadFile } from './read-file.ts';
import { ReceiptCheck } from './receipt-check.ts';
import type { RowCheck } from './row-check.ts';

/** Book tickers: update ids grow. They have holes of their own, so nothing proves that none is missing. */
export class BookTickerCheck implements RowCheck {
  readonly breaks = [];
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  #file: ReadFile | undefined;
  #last: BookTickerRow | undefined;

  constructor(report: Report) {
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#receipts.begin(file);
  }

  idOf(row: MarketRow): number | undefined {
    return (row as BookTickerRow).id;
  }

  take(taken: MarketRow): void {
    const row = taken as BookTickerRow;
    const last = this.#last;
    this.#receipts.take(row.receivedAtUs, row.line);
    if (row.bidPrice >= row.askPrice && row.bidPrice > 0 && row.askPrice > 0)
      this.#tell('warning', 'BOOK_CROSSED', row, `bid ${row.bidPrice} is not below ask ${row.askPrice}`);
    if (last !== undefined && row.id === last.id) {
      // A connection may give a value twice; the same receipt is the same row.
      const severity = row.receivedAtUs === last.receivedAtUs ? 'error' : 'warning';
      this.#tell(severity, 'ROW_REPEATED', row, `update id ${row.id} stands there already`);
    } else if (last !== undefined && row.id < last.id)
      this.#tell('error', 'ROW_OUT_OF_PLACE', row, `update id ${row.id} stands behind ${last.id}`);
    if (last === undefined || row.id > last.id) this.#last = row;
  }

  #tell(severity: Severity, code: FindingCode, row: BookTickerRow, message: string): void {
    const ids = [this.#last?.id ?? null, row.id] as const;
    this.#report({ severity, code, file: this.#file!.name, line: row.line, stream: row.kind, ids, message });
  }
}

/** Streams without ids: the exchange's own times go forward, and no row stands twice. */
export class TimedCheck implements RowCheck {
  readonly breaks = [];
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  #file: ReadFile | undefined;
  #last: TimedRow | undefined;

  constructor(report: Report) {
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#receipts.begin(file);
  }

  idOf(): undefined {
    return undefined;
  }

  take(taken: MarketRow): void {
    const row = taken as TimedRow;
    const last = this.#last;
    this.#receipts.take(row.receivedAtUs, row.line);
    if (last !== undefined && row.eventTimeMs < last.eventTimeMs)
      this.#tell(
        // The exchange may step back by itself; a row that was moved steps back in its receipt as well.
        row.receivedAtUs < last.receivedAtUs ? 'error' : 'warning',
        'ROW_OUT_OF_PLACE',
        row,
        `event_time ${row.eventTimeMs} stands behind ${last.eventTimeMs}`,
      );
    const isRepeat =
      last !== undefined && row.eventTimeMs === last.eventTimeMs && row.receivedAtUs === last.receivedAtUs;
    // Liquidations of the same moment may come in one piece.
    if (isRepeat && row.kind !== 'forceorder')
      this.#tell('error', 'ROW_REPEATED', row, `a row of event_time ${row.eventTimeMs} stands there already`);
    if (last === undefined || row.eventTimeMs >= last.eventTimeMs) this.#last = row;
  }

  #tell(severity: Severity, code: FindingCode, row: TimedRow, message: string): void {
    this.#report({ severity, code, file: this.#file!.name, line: row.line, stream: row.kind, message });
  }
}
