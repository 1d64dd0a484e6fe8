/**
 * What a column of the recorder's files holds. The type follows from its name alone, so that files of all kinds can be read
 * as one table.
 *
 * - `decimal`: a price, a quantity, a rate; DECIMAL, never a float
 * - `integer`: an id or a count; BIGINT
 * - `millis`, `micros`: an exchange time in ms, a time of ours in µs since the epoch; TIMESTAMP WITH TIME ZONE, µs, UTC
 * - `flag`: BOOLEAN
 * - `word`: VARCHAR, and so is a column that nobody knows
 */
export type ColumnType = 'decimal' | 'integer' | 'millis' | 'micros' | 'flag' | 'word';

const NAMES: Readonly<Record<Exclude<ColumnType, 'word'>, readonly string[]>> = {
  decimal: [
    'price',
    'quantity',
    'normal_quantity',
    'open',
    'high',
    'low',
    'close',
    'volume',
    'quote_volume',
    'taker_buy_volume',
    'taker_buy_quote_volume',
    'ignore',
    'best_bid_price',
    'best_bid_qty',
    'best_ask_price',
    'best_ask_qty',
    'mark_price',
    'average_price',
    'index_price',
    'estimated_settle_price',
    'funding_rate',
    'last_filled_quantity',
    'filled_quantity',
    'price_change',
    'price_change_percent',
    'weighted_average_price',
    'last_price',
    'last_quantity',
    'open_price',
    'high_price',
    'low_price',
    'close_price',
  ],
  integer: [
    'agg_trade_id',
    'first_trade_id',
    'last_trade_id',
    'trade_id',
    'update_id',
    'first_update_id',
    'final_update_id',
    'prev_final_update_id',
    'last_update_id',
    'last_id',
    'next_id',
    'count',
    'level',
    'line',
  ],
  millis: [
    'event_time',
    'transaction_time',
    'transact_time',
    'trade_time',
    'open_time',
    'close_time',
    'next_funding_time',
  ],
  micros: ['local_time', 'last_time', 'next_time', 'detected_at'],
  flag: ['is_buyer_maker', 'is_closed'],
};

const WORDS: readonly string[] = [
  'update_type',
  'side',
  'source',
  'interval',
  'execution_type',
  'order_type',
  'time_in_force',
  'order_status',
  'stream',
  'reason',
  'healed_by',
];

const BY_NAME: ReadonlyMap<string, ColumnType> = new Map([
  ...Object.entries(NAMES).flatMap(([type, names]) =>
    names.map((name): [string, ColumnType] => [name, type as ColumnType]),
  ),
  ...WORDS.map((name): [string, ColumnType] => [name, 'word']),
]);

/** The type of a column; undefined for a name that no recorder wrote so far. */
export function knownColumnType(name: string): ColumnType | undefined {
  return BY_NAME.get(name);
}

/** The type of a column; text loses nothing of one that is not known. */
export function columnType(name: string): ColumnType {
  return BY_NAME.get(name) ?? 'word';
}
