import type { KlineRow, MarketRow } from '@org/storage-csv';
import type { Finding, FindingCode, Report } from './finding.ts';
import { gridProblem } from './kline-grid.ts';
import type { ReadFile } from './read-file.ts';
import { ReceiptCheck } from './receipt-check.ts';
import type { RowCheck } from './row-check.ts';
import { StreamBreaks } from './stream-breaks.ts';

interface Bars {
  readonly chain: StreamBreaks;
  last: KlineRow | undefined;
}

/** Bars: every one closed once, on the grid, without a hole, and values that can be those of one bar. */
export class KlineCheck implements RowCheck {
  readonly #report: Report;
  readonly #receipts: ReceiptCheck;
  readonly #byInterval = new Map<string, Bars>();
  #file: ReadFile | undefined;

  constructor(report: Report) {
    this.#report = report;
    this.#receipts = new ReceiptCheck(report);
  }

  get breaks(): readonly StreamBreaks[] {
    return [...this.#byInterval.values()].map(({ chain }) => chain);
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#receipts.begin(file);
  }

  idOf(row: MarketRow): number | undefined {
    return (row as KlineRow).openTimeMs;
  }

  take(taken: MarketRow): void {
    const row = taken as KlineRow;
    this.#receipts.take(row.receivedAtUs, row.line);
    const problem = gridProblem(row.interval, row.openTimeMs, row.closeTimeMs) ?? valueProblem(row);
    if (problem !== undefined) return this.#tell('VALUES_INCONSISTENT', row, problem);
    const bars = this.#bars(row.interval);
    const { last } = bars;
    if (row.isRest) return this.#takeRest(bars, row);
    if (last !== undefined && row.openTimeMs < last.openTimeMs) return this.#takeOlder(row, last);
    if (last !== undefined && row.openTimeMs === last.openTimeMs) this.#takeUpdate(row, last);
    else if (last !== undefined && !(last.isClosed && row.openTimeMs === last.closeTimeMs + 1))
      this.#break(bars.chain, last, row);
    bars.chain.firstId ??= row.openTimeMs;
    bars.chain.lastId = row.openTimeMs;
    bars.chain.latestUs = row.receivedAtUs;
    bars.last = row;
  }

  #takeRest({ chain }: Bars, row: KlineRow): void {
    if (chain.fill(row.openTimeMs, row.closeTimeMs) !== undefined) return;
    this.#tell('ROW_REPEATED', row, `the bar of ${row.openTimeMs} was not missing`);
  }

  /** A late update of a bar before, as the exchange may send it; the bar stays one that was not closed in time. */
  #takeOlder(row: KlineRow, last: KlineRow): void {
    const problem = `a bar of ${row.openTimeMs} stands behind one of ${last.openTimeMs}`;
    this.#tell('ROW_OUT_OF_PLACE', row, problem, last.openTimeMs, row.isClosed ? 'warning' : 'error');
  }

  #takeUpdate(row: KlineRow, last: KlineRow): void {
    const isRepeat = isSameUpdate(row, last);
    if (isRepeat || last.isClosed) {
      const problem = last.isClosed
        ? `the bar of ${row.openTimeMs} was closed before`
        : 'the same update stands before';
      return this.#tell('ROW_REPEATED', row, problem, last.openTimeMs, isRepeat ? 'error' : 'warning');
    }
    const isShrinking =
      row.tradeCount < last.tradeCount ||
      (row.lastTradeId ?? 0) < (last.lastTradeId ?? 0) ||
      row.volume < last.volume;
    if (isShrinking)
      this.#tell(
        'ROW_OUT_OF_PLACE',
        row,
        'the update before it holds more trades of the bar',
        last.openTimeMs,
      );
    else if (row.high < last.high || row.low > last.low || row.open !== last.open)
      this.#tell(
        'VALUES_INCONSISTENT',
        row,
        'open, high or low contradict the update before',
        last.openTimeMs,
      );
  }

  #break(chain: StreamBreaks, last: KlineRow, row: KlineRow): void {
    chain.add({
      lastId: last.openTimeMs,
      nextId: row.openTimeMs,
      lastTimeUs: last.receivedAtUs,
      nextTimeUs: row.receivedAtUs,
      file: this.#file!.name,
      line: row.line,
      missing: [{ from: last.isClosed ? last.closeTimeMs + 1 : last.openTimeMs, to: row.openTimeMs - 1 }],
      isDisplaced: false,
    });
  }

  #bars(interval: string): Bars {
    let bars = this.#byInterval.get(interval);
    if (bars === undefined) {
      bars = { chain: new StreamBreaks(`kline_${interval}`), last: undefined };
      this.#byInterval.set(interval, bars);
    }
    return bars;
  }

  #tell(
    code: FindingCode,
    row: KlineRow,
    message: string,
    lastId?: number,
    severity: Finding['severity'] = 'error',
  ): void {
    const ids = [lastId ?? null, row.openTimeMs] as const;
    const place = { file: this.#file!.name, line: row.line, stream: `kline_${row.interval}` };
    this.#report({ severity, code, ...place, ids, message });
  }
}

function isSameUpdate(row: KlineRow, last: KlineRow): boolean {
  return (
    row.receivedAtUs === last.receivedAtUs &&
    row.eventTimeMs === last.eventTimeMs &&
    row.tradeCount === last.tradeCount &&
    row.isClosed === last.isClosed
  );
}

function valueProblem(row: KlineRow): string | undefined {
  const { open, high, low, close, volume, takerBuyVolume, tradeCount, firstTradeId, lastTradeId } = row;
  if (low > Math.min(open, close) || high < Math.max(open, close))
    return `expected open and close between low ${low} and high ${high}, was ${open} and ${close}`;
  if (takerBuyVolume > volume) return `expected a taker volume of at most ${volume}, was ${takerBuyVolume}`;
  if (firstTradeId === undefined || lastTradeId === undefined || firstTradeId < 0) return undefined;
  if (lastTradeId < firstTradeId)
    return `first_trade_id ${firstTradeId} lies behind last_trade_id ${lastTradeId}`;
  // Ids of trades of no market lie among those of a bar, so there may be fewer trades than ids.
  if (tradeCount > lastTradeId - firstTradeId + 1)
    return `expected at most ${lastTradeId - firstTradeId + 1} trades, was ${tradeCount}`;
  return undefined;
}
