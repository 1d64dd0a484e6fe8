import type { ConnectionNumbers, ConnectionState } from './connection-numbers.ts';
import { DayCount, SymbolDays } from './day-count.ts';
import { finite } from './finite.ts';

type DayState = readonly [day: number, duplicates: number, forgotten: number, connections: readonly number[]];
type SymbolState = readonly [symbol: string, forgottenDay: number, days: readonly DayState[]];

/** What a ledger knows, beside the day up to which nothing is whole. */
export interface DayTables {
  readonly connections: ConnectionNumbers;
  readonly symbols: Map<string, SymbolDays>;
}

export type DaysState = readonly [
  partialDay: number,
  connections: ConnectionState,
  symbols: readonly SymbolState[],
];

export function writeDays(partialDay: number, { connections, symbols }: DayTables): DaysState {
  const states = Array.from(symbols, ([symbol, { forgottenDay, days }]): SymbolState => [
    symbol,
    forgottenDay,
    days.map(({ day, duplicates, forgotten, remembered }) => [day, duplicates, forgotten, [...remembered]]),
  ]);
  return [partialDay, connections.state(), states];
}

/** Fills the tables; returns the day up to which nothing is whole. Throws a `TypeError` for what was not written here. */
export function readDays(state: DaysState, { connections, symbols }: DayTables): number {
  const [partialDay, connectionState, symbolStates] = state;
  const numbers = connections.restore(connectionState);
  for (const [symbol, forgottenDay, days] of symbolStates) {
    const found = new SymbolDays();
    found.forgottenDay = finite(forgottenDay);
    for (const day of days) found.days.push(readDay(day, numbers));
    symbols.set(symbol, found);
  }
  return finite(partialDay);
}

function readDay(state: DayState, numbers: ReadonlySet<number>): DayCount {
  const [day, duplicates, forgotten, connections] = state;
  const count = new DayCount(finite(day));
  count.duplicates = finite(duplicates);
  count.forgotten = finite(forgotten);
  for (const number of connections) {
    if (!numbers.has(number)) throw new TypeError(`connection ${number} is missing`);
    count.remembered.add(number);
  }
  return count;
}
