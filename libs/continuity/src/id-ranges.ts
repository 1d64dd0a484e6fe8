/** Ids from `from` to `to`, both inclusive. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** The ranges without the ids from `from` to `to`; the same array when none of them was in it. */
export function withoutIds(ranges: readonly IdRange[], from: number, to: number): readonly IdRange[] {
  if (from > to || !ranges.some((range) => range.from <= to && from <= range.to)) return ranges;
  return ranges.flatMap((range) => {
    if (range.from > to || from > range.to) return [range];
    const rest: IdRange[] = [];
    if (range.from < from) rest.push({ from: range.from, to: from - 1 });
    if (to < range.to) rest.push({ from: to + 1, to: range.to });
    return rest;
  });
}
