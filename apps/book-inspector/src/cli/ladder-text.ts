import type { PriceLevel } from '@org/market-data';
import { decimalsOf, fromUnits, toUnits } from './decimal-column.ts';
import { painter, type Paint, type Style } from './paint.ts';

/** The best levels of both sides, best first. */
export interface LadderLevels {
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

/** A level as it is drawn: texts padded to the same decimals, and the sum of the quantities from the touch to here. */
interface Row {
  readonly price: string;
  readonly quantity: string;
  readonly total: string;
  /** Share of the largest quantity shown, 0 to 1. */
  readonly share: number;
}

interface Widths {
  readonly price: number;
  readonly quantity: number;
  readonly total: number;
  readonly bar: number;
}

const BAR_MIN = 4;
const BAR_MAX = 30;
/** Blanks and rules between the columns. */
const GUTTERS = 14;

/**
 * Draws a ladder: prices in the middle, highest on top, bids on the left and asks on the right of them, a bar for each
 * quantity from the middle outwards, and the running total from the touch at the edge.
 */
export function ladderText(levels: LadderLevels, style: Style): string[] {
  const paint = painter(style.colours);
  const all = [...levels.bids, ...levels.asks];
  const decimals = {
    price: decimalsOf(all.map(([price]) => price)),
    quantity: decimalsOf(all.map(([, quantity]) => quantity)),
  };
  const largest = Math.max(...all.map(([, quantity]) => Number(quantity)), 0);
  const asks = toRows(levels.asks, decimals, largest);
  const bids = toRows(levels.bids, decimals, largest);
  const widths = columnWidths([...asks, ...bids], style.columns);
  return [
    paint('dim', headline(widths)),
    ...(asks.length === 0
      ? [centred('no asks', widths)]
      : asks.map((row) => askLine(row, widths, paint)).reverse()),
    paint('dim', centred(spreadText(levels), widths)),
    ...(bids.length === 0 ? [centred('no bids', widths)] : bids.map((row) => bidLine(row, widths, paint))),
  ];
}

/** Best ask minus best bid, exact, also in basis points of the middle. */
export function spreadText({ bids, asks }: LadderLevels): string {
  const bid = bids[0]?.[0];
  const ask = asks[0]?.[0];
  if (bid === undefined || ask === undefined) return 'one side is empty';
  const decimals = decimalsOf([bid, ask]);
  const spread = toUnits(ask, decimals) - toUnits(bid, decimals);
  const twiceMiddle = toUnits(ask, decimals) + toUnits(bid, decimals);
  const basisPoints = ((Number(spread) / Number(twiceMiddle)) * 20_000).toFixed(3);
  return `spread ${fromUnits(spread, decimals)} (${basisPoints} bp)`;
}

function toRows(
  levels: readonly PriceLevel[],
  decimals: { readonly price: number; readonly quantity: number },
  largest: number,
): Row[] {
  let sum = 0n;
  return levels.map(([price, quantity]) => {
    const units = toUnits(quantity, decimals.quantity);
    sum += units;
    return {
      price: fromUnits(toUnits(price, decimals.price), decimals.price),
      quantity: fromUnits(units, decimals.quantity),
      total: fromUnits(sum, decimals.quantity),
      share: largest === 0 ? 0 : Number(quantity) / largest,
    };
  });
}

function columnWidths(rows: readonly Row[], columns: number): Widths {
  const widest = (pick: (row: Row) => string, name: string) =>
    rows.reduce((width, row) => Math.max(width, pick(row).length), name.length);
  const price = widest((row) => row.price, 'price');
  const quantity = widest((row) => row.quantity, 'bid');
  const total = widest((row) => row.total, 'total');
  const room = Math.floor((columns - price - 2 * (quantity + total) - GUTTERS) / 2);
  return { price, quantity, total, bar: Math.min(BAR_MAX, Math.max(BAR_MIN, room)) };
}

function headline(widths: Widths): string {
  const bid = `${'total'.padStart(widths.total)}  ${'bid'.padStart(widths.quantity)}  ${' '.repeat(widths.bar)}`;
  const ask = `${' '.repeat(widths.bar)}  ${'ask'.padStart(widths.quantity)}  ${'total'.padStart(widths.total)}`;
  return `${bid} │ ${'price'.padStart(widths.price)} │ ${ask}`;
}

function bidLine(row: Row, widths: Widths, paint: Paint): string {
  const bar = barLeft(row.share, widths.bar);
  const left = `${row.total.padStart(widths.total)}  ${row.quantity.padStart(widths.quantity)}  ${bar}`;
  return `${paint('green', left)} │ ${paint('green', row.price.padStart(widths.price))} │`;
}

function askLine(row: Row, widths: Widths, paint: Paint): string {
  const left = ' '.repeat(widths.total + widths.quantity + widths.bar + 4);
  const bar = barRight(row.share, widths.bar);
  const right = `${bar}  ${row.quantity.padStart(widths.quantity)}  ${row.total.padStart(widths.total)}`;
  return `${left} │ ${paint('red', row.price.padStart(widths.price))} │ ${paint('red', right)}`;
}

/** Puts a text under the price column. */
function centred(text: string, widths: Widths): string {
  const middle = widths.total + widths.quantity + widths.bar + 7 + widths.price / 2;
  return `${' '.repeat(Math.max(0, Math.round(middle - text.length / 2)))}${text}`;
}

/** Half blocks exist for both directions, eighths do not. */
function halfBlocks(share: number, width: number): { readonly full: number; readonly isHalf: boolean } {
  const halves = share <= 0 ? 0 : Math.max(1, Math.round(share * width * 2));
  return { full: Math.floor(halves / 2), isHalf: halves % 2 === 1 };
}

function barLeft(share: number, width: number): string {
  const { full, isHalf } = halfBlocks(share, width);
  return `${isHalf ? '▐' : ''}${'█'.repeat(full)}`.padStart(width);
}

function barRight(share: number, width: number): string {
  const { full, isHalf } = halfBlocks(share, width);
  return `${'█'.repeat(full)}${isHalf ? '▌' : ''}`.padEnd(width);
}
