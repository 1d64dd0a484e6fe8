/** All levels of a side of our book, best first, as ticks and units. */
export function tickLevels(book, side) {
  const count = book.count(side);
  const levels = new Float64Array(2 * count);
  book.topTicks(side, count, levels);
  return Array.from({ length: count }, (_, index) => [levels[2 * index], levels[2 * index + 1]]);
}

/** Notes best bid and ask of our book at `at`; returns the offset behind them. */
export function noteBestTicks(book, bests, at) {
  bests[at] = book.bestBidTicks;
  bests[at + 1] = book.bestBidUnits;
  bests[at + 2] = book.bestAskTicks;
  bests[at + 3] = book.bestAskUnits;
  return at + 4;
}
