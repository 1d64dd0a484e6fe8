import { ConnectionNumbers } from './connection-numbers.ts';
import { type DayCount, SymbolDays } from './day-count.ts';
import { type DaysState, type DayTables, readDays, writeDays } from './day-state.ts';
import type { EventFrame } from './event-frame.ts';
import type { MergedStream, StreamSource } from './merged-stream.ts';

const DAY_MS = 86_400_000;
const DAY_US = DAY_MS * 1000;
const HALF_DAY_US = DAY_US / 2;
/** Until the first event comes, nobody can say which day it is whose beginning was missed. */
const FIRST_DAY = Number.MAX_SAFE_INTEGER;

/** What came of a symbol on a UTC day of receipt. Null: it was counted from somewhere within the day. */
export interface DayCounts {
  /** Events that were stored before already, by whichever source; of its own repeats a line brings none. */
  readonly duplicates: number | null;
  /** Connections that brought at least one event; one that lives over midnight counts on both days. */
  readonly connections: number | null;
}

const NOT_WHOLE: DayCounts = { duplicates: null, connections: null };

/** Counts repeats and connections by symbol and UTC day of receipt. It is part of the state of the merge. */
export class DayLedger {
  readonly #tables: DayTables = { connections: new ConnectionNumbers(), symbols: new Map() };
  /** Up to this day events may have come that are not counted here. */
  #partialDay: number;

  readonly #clock: { readonly nowUs: number };

  /** The clock has journal time. `isMidway`: events came before that nobody counted. */
  constructor(clock: { readonly nowUs: number }, isMidway: boolean) {
    this.#clock = clock;
    this.#partialDay = isMidway ? FIRST_DAY : -1;
  }

  /** An event is here, whatever becomes of it. Nearly always its day and connection are those of the one before. */
  arrived(stream: MergedStream, source: StreamSource, event: EventFrame): void {
    if (event.connectionId !== source.connectionId || !isOnDay(source, event.receivedAtUs))
      this.#turn(stream, source, event);
  }

  /** An event that arrived some time ago was stored by another source since. */
  repeated(stream: MergedStream, source: StreamSource, { receivedAtUs }: EventFrame): void {
    const day = isOnDay(source, receivedAtUs) ? source.day! : this.#dayOf(stream, receivedAtUs);
    day.duplicates++;
  }

  /** Undefined where nothing came, and for a day that is not remembered. */
  counts(symbol: string, date: string): DayCounts | undefined {
    const day = Date.parse(date) / DAY_MS;
    if (day === this.#partialDay) return NOT_WHOLE;
    const found = day > this.#partialDay ? this.#tables.symbols.get(symbol)?.find(day) : undefined;
    return found && { duplicates: found.duplicates, connections: found.connections };
  }

  state(): DaysState {
    return writeDays(this.#partialDay, this.#tables);
  }

  /** A state of an earlier version has none: its day, which ended at `nowUs`, was not counted. */
  restore(state: DaysState | undefined, nowUs: number): void {
    const partialDay = state === undefined ? dayAt(nowUs) : readDays(state, this.#tables);
    this.#partialDay = Math.max(this.#partialDay, partialDay);
  }

  /** Another day or another connection. */
  #turn(stream: MergedStream, source: StreamSource, event: EventFrame): void {
    const { connectionId, receivedAtUs } = event;
    const count = this.#dayOf(stream, receivedAtUs);
    if (connectionId > 0) this.#connect(count, source, connectionId);
    source.connectionId = connectionId;
    source.day = count;
    source.noonUs = count.day * DAY_US + HALF_DAY_US;
  }

  #connect(count: DayCount, { source }: StreamSource, connectionId: number): void {
    const { connections, symbols } = this.#tables;
    count.connect(connections.of(`${connectionId} ${source.epoch} ${source.lane}`));
    if (!connections.isCrowded) return;
    const needed = new Set<number>();
    for (const { days } of symbols.values())
      for (const { remembered } of days) for (const number of remembered) needed.add(number);
    connections.keep(needed);
  }

  #dayOf({ symbol }: MergedStream, atUs: number): DayCount {
    const today = dayAt(this.#clock.nowUs);
    if (this.#partialDay === FIRST_DAY) this.#partialDay = today;
    const { symbols } = this.#tables;
    let days = symbols.get(symbol);
    if (days === undefined) symbols.set(symbol, (days = new SymbolDays()));
    return days.of(dayAt(atUs), today);
  }
}

/** One comparison for both ends of the day; a moment of midnight takes the longer way. */
function isOnDay(source: StreamSource, atUs: number): boolean {
  return Math.abs(atUs - source.noonUs) < HALF_DAY_US;
}

function dayAt(us: number): number {
  return Math.floor(Math.max(0, us) / DAY_US);
}
