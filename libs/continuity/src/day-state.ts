import { DayCount, SymbolDays } from './day-count.ts';
import { finite } from './finite.ts';

type DayState = readonly [
  day: number,
  duplicates: number,
  forgotten: number,
  /** Their places in the list of all. */
  connections: readonly number[],
];
type SymbolState = readonly [symbol: string, forgottenDay: number, days: readonly DayState[]];

/** Connections are shared by many symbols, so they are listed once. */
export type DaysState = readonly [
  partialDay: number,
  connections: readonly string[],
  symbols: readonly SymbolState[],
];

export function writeDays(partialDay: number, symbols: ReadonlyMap<string, SymbolDays>): DaysState {
  const numbers = new Map<string, number>();
  const numberOf = (connection: string): number => {
    let number = numbers.get(connection);
    if (number === undefined) numbers.set(connection, (number = numbers.size));
    return number;
  };
  const states = Array.from(symbols, ([symbol, { forgottenDay, days }]): SymbolState => {
    const written = days.map(({ day, duplicates, forgotten, remembered }): DayState => [
      day,
      duplicates,
      forgotten,
      Array.from(remembered, numberOf),
    ]);
    return [symbol, forgottenDay, written];
  });
  return [partialDay, [...numbers.keys()], states];
}

/** Fills the map; returns the day up to which nothing is whole. Throws a `TypeError` for what was not written here. */
export function readDays(state: DaysState, symbols: Map<string, SymbolDays>): number {
  const [partialDay, connections, states] = state;
  for (const [symbol, forgottenDay, days] of states) {
    const found = new SymbolDays();
    found.forgottenDay = finite(forgottenDay);
    for (const day of days) found.days.push(readDay(day, connections));
    symbols.set(symbol, found);
  }
  return finite(partialDay);
}

function readDay(state: DayState, all: readonly string[]): DayCount {
  const [day, duplicates, forgotten, connections] = state;
  const count = new DayCount(finite(day));
  count.duplicates = finite(duplicates);
  count.forgotten = finite(forgotten);
  for (const number of connections) {
    const connection = all[number];
    if (connection === undefined) throw new TypeError(`connection ${number} is missing`);
    count.remembered.add(connection);
  }
  return count;
}
