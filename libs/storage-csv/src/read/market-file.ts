import { CsvRowError, type CsvRow } from './csv-row.ts';
import { visitCsvRows } from './csv-rows.ts';
import type { DepthReadOptions } from './depth-message.ts';
import type {
  AggTradeRow,
  BookTickerRow,
  KlineRow,
  MarketRow,
  MarketRowKind,
  TimedRow,
  TradeRow,
} from './market-row.ts';
import { rowShape } from './row-shape.ts';

/** Hands over the rows of a file of one event a row, in their order; see {@link visitCsvRows} for errors and memory. */
export function visitMarketFile(
  path: string,
  kind: MarketRowKind,
  visit: (row: MarketRow) => void,
  options: DepthReadOptions = {},
): Promise<void> {
  const decode = decoder(kind);
  return visitCsvRows(path, kind, (row) => visit(decode(row)), options);
}

function decoder(kind: MarketRowKind): (row: CsvRow) => MarketRow {
  switch (kind) {
    case 'aggtrade':
      return aggTrade;
    case 'trade':
      return trade;
    case 'kline':
      return kline;
    case 'bookticker':
      return bookTicker;
    default:
      return timed(kind);
  }
}

function aggTrade(row: CsvRow): AggTradeRow {
  const source = row.text(10);
  if (source !== 'ws' && source !== 'rest')
    throw new CsvRowError(`expected ws or rest in source, was ${JSON.stringify(source)}`);
  return {
    kind: 'aggtrade',
    line: row.line,
    id: row.integer(0),
    firstTradeId: row.integer(3),
    lastTradeId: row.integer(4),
    tradeTimeMs: row.integer(5),
    receivedAtUs: row.integer(9),
    isRest: source === 'rest',
  };
}

function trade(row: CsvRow): TradeRow {
  return {
    kind: 'trade',
    line: row.line,
    id: row.integer(0),
    tradeTimeMs: row.integer(3),
    receivedAtUs: row.integer(7),
    isRest: false,
  };
}

/** A row from REST has no event time. */
function kline(row: CsvRow): KlineRow {
  return {
    kind: 'kline',
    line: row.line,
    openTimeMs: row.integer(0),
    open: row.number(1),
    high: row.number(2),
    low: row.number(3),
    close: row.number(4),
    volume: row.number(5),
    closeTimeMs: row.integer(6),
    tradeCount: row.integer(8),
    takerBuyVolume: row.number(9),
    interval: row.text(12),
    isClosed: row.flag(13),
    firstTradeId: row.optionalInteger(14),
    lastTradeId: row.optionalInteger(15),
    eventTimeMs: row.optionalInteger(16),
    isRest: row.isEmpty(16),
    receivedAtUs: row.integer(17),
  };
}

function bookTicker(row: CsvRow): BookTickerRow {
  return {
    kind: 'bookticker',
    line: row.line,
    id: row.integer(0),
    bidPrice: row.number(1),
    askPrice: row.number(3),
    receivedAtUs: row.integer(7),
  };
}

function timed(kind: TimedRow['kind']): (row: CsvRow) => TimedRow {
  const names = rowShape(kind).map(({ name }) => name);
  const receipt = names.indexOf('local_time');
  const eventTime = names.indexOf('event_time');
  return (row) => ({
    kind,
    line: row.line,
    receivedAtUs: row.integer(receipt),
    eventTimeMs: row.integer(eventTime),
  });
}
