import { STREAM_DEFINITIONS, type Cell, type StreamDefinition } from '@org/storage';

export type ColumnType = 'text' | 'bigint' | 'numeric' | 'boolean' | 'timestamptz' | 'numeric[]' | 'bytea';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** What rows are written to: the columns in the order in which they are written. */
export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** The time whose UTC day is the partition; undefined for a table without partitions. */
  readonly dayColumn: string | undefined;
  /** Whether a key refuses a row that is there already. */
  readonly isKeyed: boolean;
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['aggtrade', 'agg_trades'],
  ['trade', 'trades'],
  ['kline', 'klines'],
  ['bookticker', 'book_tickers'],
  ['markprice', 'mark_prices'],
  ['forceorder', 'force_orders'],
  ['ticker', 'tickers'],
  ['miniticker', 'mini_tickers'],
]);

/** Tables whose rows have an id of the exchange: the day must be in their key, so it is that of a time which goes with the id. */
const KEYED_DAYS: ReadonlyMap<string, string> = new Map([
  ['aggtrade', 'transact_time'],
  ['trade', 'trade_time'],
]);

const column = (name: string, type: ColumnType): TableColumn => ({ name, type });
const SYMBOL = column('symbol', 'text');
const SOURCE = column('source', 'text');
const LOCAL_TIME = column('local_time', 'timestamptz');

/** The tables of streams that are one row a message, by kind. */
export const STREAM_TABLES: ReadonlyMap<string, Table> = new Map(
  STREAM_DEFINITIONS.map((definition) => [definition.kind, streamTable(definition)]),
);

export const DEPTH_EVENTS: Table = ofDay('depth_events', [
  SYMBOL,
  LOCAL_TIME,
  column('event_time', 'timestamptz'),
  column('transaction_time', 'timestamptz'),
  column('first_update_id', 'bigint'),
  column('final_update_id', 'bigint'),
  column('prev_final_update_id', 'bigint'),
  column('update_type', 'text'),
  column('bids', 'numeric[]'),
  column('asks', 'numeric[]'),
]);

export const DEPTH_LEVELS: Table = ofDay('depth_levels', [
  SYMBOL,
  LOCAL_TIME,
  column('event_time', 'timestamptz'),
  column('final_update_id', 'bigint'),
  column('update_type', 'text'),
  column('side', 'text'),
  column('price', 'numeric'),
  column('quantity', 'numeric'),
]);

export const BOOK_SNAPSHOTS: Table = ofDay('book_snapshots', [
  SYMBOL,
  LOCAL_TIME,
  column('event_time', 'timestamptz'),
  column('last_update_id', 'bigint'),
  column('bids', 'numeric[]'),
  column('asks', 'numeric[]'),
]);

export const GAPS: Table = {
  name: 'gaps',
  columns: [
    SYMBOL,
    column('stream', 'text'),
    column('reason', 'text'),
    column('last_id', 'bigint'),
    column('next_id', 'bigint'),
    column('last_time', 'timestamptz'),
    column('next_time', 'timestamptz'),
    column('detected_at', 'timestamptz'),
    column('line', 'bigint'),
    column('healed_by', 'text'),
  ],
  dayColumn: undefined,
  isKeyed: false,
};

export const REJECTED: Table = {
  name: 'rejected',
  columns: [LOCAL_TIME, column('stream', 'text'), column('problem', 'text'), column('payload', 'bytea')],
  dayColumn: undefined,
  isKeyed: false,
};

/** All tables of rows. */
export const TABLES: readonly Table[] = [
  ...STREAM_TABLES.values(),
  DEPTH_EVENTS,
  DEPTH_LEVELS,
  BOOK_SNAPSHOTS,
  GAPS,
  REJECTED,
];

function streamTable(definition: StreamDefinition): Table {
  const { kind, columns } = definition;
  return {
    name: NAMES.get(kind)!,
    columns: [
      SYMBOL,
      ...columns.map(([name, cell]) => column(name, columnType(cell))),
      ...(lacksSource(definition) ? [SOURCE] : []),
    ],
    dayColumn: KEYED_DAYS.get(kind) ?? LOCAL_TIME.name,
    isKeyed: KEYED_DAYS.has(kind),
  };
}

/** Where REST can repair a stream, every row says where it is from; the archive's layout of bars has no column for that. */
export function lacksSource({ columns, restRow }: StreamDefinition): boolean {
  return restRow !== undefined && columns.every(([name]) => name !== SOURCE.name);
}

function columnType(cell: Cell): ColumnType {
  switch (cell.type) {
    case 'receipt':
      return 'timestamptz';
    case 'constant':
    case 'word':
      return 'text';
    case 'flag':
      return 'boolean';
    case 'number':
      return cell.number === 'integer' ? 'bigint' : cell.number === 'timeMs' ? 'timestamptz' : 'numeric';
  }
}

function ofDay(name: string, columns: readonly TableColumn[]): Table {
  return { name, columns, dayColumn: LOCAL_TIME.name, isKeyed: false };
}
