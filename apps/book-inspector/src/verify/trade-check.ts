import type { AggTradeRow, MarketRow, TradeRow } from '@org/storage-csv';
import type { FindingCode, Report } from './finding.ts';
import type { ReadFile } from './read-file.ts';
import { ReceiptCheck } from './receipt-check.ts';
import type { RowCheck } from './row-check.ts';
import { StreamBreaks } from './stream-breaks.ts';

type IdRow = AggTradeRow | TradeRow;

/** Trades and aggregate trades: ids are counted one by one, and a row from REST stands behind the gap that it fills. */
export class TradeCheck implements RowCheck {
  readonly breaks: readonly [StreamBreaks];
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  readonly #chain: StreamBreaks;
  #file: ReadFile | undefined;
  #last: IdRow | undefined;

  constructor(kind: IdRow['kind'], report: Report) {
    this.#chain = new StreamBreaks(kind);
    this.breaks = [this.#chain];
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#receipts.begin(file);
  }

  idOf(row: MarketRow): number | undefined {
    return (row as IdRow).id;
  }

  take(taken: MarketRow): void {
    const row = taken as IdRow;
    this.#receipts.take(row.receivedAtUs, row.line);
    this.#checkTradeIds(row);
    const last = this.#last;
    if (last !== undefined && row.id <= last.id) return this.#takeOlder(row, last);
    if (last !== undefined && row.id !== last.id + 1) this.#break(last, row);
    this.#chain.firstId ??= row.id;
    this.#chain.lastId = row.id;
    this.#chain.latestUs = row.receivedAtUs;
    this.#last = row;
  }

  #takeOlder(row: IdRow, last: IdRow): void {
    const filled = this.#chain.fill(row.id, row.id);
    if (filled !== undefined && row.isRest) return;
    if (filled !== undefined) filled.isDisplaced = true;
    const isRepeat = filled === undefined && row.id >= this.#chain.firstId!;
    const problem = isRepeat
      ? `id ${row.id} stands there already`
      : `id ${row.id} stands behind id ${last.id}`;
    this.#tell(isRepeat ? 'ROW_REPEATED' : 'ROW_OUT_OF_PLACE', row, problem, last.id);
  }

  #break(last: IdRow, row: IdRow): void {
    this.#chain.add({
      lastId: last.id,
      nextId: row.id,
      lastTimeUs: last.receivedAtUs,
      nextTimeUs: row.receivedAtUs,
      file: this.#file!.name,
      line: row.line,
      missing: [{ from: last.id + 1, to: row.id - 1 }],
      isDisplaced: false,
    });
  }

  /** The trades of an aggregate lie behind those of the one before; ids between them belong to trades of no market. */
  #checkTradeIds(row: IdRow): void {
    if (row.kind !== 'aggtrade') return;
    const { firstTradeId, lastTradeId } = row;
    if (firstTradeId > lastTradeId)
      this.#tell(
        'IDS_INCONSISTENT',
        row,
        `first_trade_id ${firstTradeId} lies behind last_trade_id ${lastTradeId}`,
      );
    const last = this.#last;
    if (last?.kind === 'aggtrade' && row.id === last.id + 1 && firstTradeId <= last.lastTradeId) {
      const problem = `expected a first_trade_id behind ${last.lastTradeId}, was ${firstTradeId}`;
      this.#tell('IDS_INCONSISTENT', row, problem, last.id);
    }
  }

  #tell(code: FindingCode, row: IdRow, message: string, lastId?: number): void {
    const ids = [lastId ?? null, row.id] as const;
    const place = { file: this.#file!.name, line: row.line, stream: row.kind };
    this.#report({ severity: 'error', code, ...place, ids, message });
  }
}
