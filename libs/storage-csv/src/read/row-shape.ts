import { streamDefinition } from '@org/storage';
import { GAPS_HEADER, ORDERBOOK_HEADER } from '../rows/report-rows.ts';

/** Kinds of files that hold one event, or one report, a row. */
export type RowKind =
  | 'aggtrade'
  | 'kline'
  | 'bookticker'
  | 'trade'
  | 'markprice'
  | 'forceorder'
  | 'ticker'
  | 'miniticker'
  | 'orderbook'
  | 'gaps';

/** What may stand in a column: digits, `true` or `false`, a word, or any text without a comma. */
export interface CellShape {
  readonly name: string;
  readonly type: 'number' | 'flag' | 'word' | 'text';
  readonly mayBeEmpty: boolean;
}

const REQUIRED_NUMBERS = [
  'detected_at',
  'line',
  'local_time',
  'last_update_id',
  'level',
  'price',
  'quantity',
];

/** The columns of a kind, in their order. */
export function rowShape(kind: RowKind): readonly CellShape[] {
  if (kind === 'gaps') return GAPS_HEADER.split(',').map((name) => reportCell(name));
  if (kind === 'orderbook') return ORDERBOOK_HEADER.split(',').map((name) => reportCell(name));
  const { columns, restRow } = streamDefinition(kind);
  return columns.map(([name, cell]) => {
    const isOptional = 'isRequired' in cell && !cell.isRequired;
    const type = cell.type === 'constant' ? 'word' : cell.type === 'receipt' ? 'number' : cell.type;
    // A row from REST has no event time, and a bar from there no trade ids.
    return { name, type, mayBeEmpty: cell.type !== 'receipt' && (isOptional || restRow !== undefined) };
  });
}

function reportCell(name: string): CellShape {
  if (name === 'stream' || name === 'healed_by')
    return { name, type: 'text', mayBeEmpty: name === 'healed_by' };
  if (name === 'reason' || name === 'side') return { name, type: 'word', mayBeEmpty: false };
  return { name, type: 'number', mayBeEmpty: !REQUIRED_NUMBERS.includes(name) };
}
