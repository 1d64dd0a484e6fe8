/** Connections of one symbol and day that are told apart; a record of 24 hours has some ten. */
const CONNECTIONS_MAX = 256;
/** Days of a symbol that are counted at a time: today, and those whose files may still be waiting to be packed. */
const DAYS_MAX = 3;

/** What came of one symbol on one UTC day. Days are numbered from the epoch. */
export class DayCount {
  readonly day: number;
  duplicates = 0;
  /** Connections that were counted and are not remembered any more. */
  forgotten = 0;
  /** Their numbers, in the order in which they came. */
  readonly remembered = new Set<number>();

  constructor(day: number) {
    this.day = day;
  }

  get connections(): number {
    return this.forgotten + this.remembered.size;
  }

  /** The connection delivers. One that was forgotten, and comes again, counts once more. */
  connect(connection: number): void {
    const { remembered } = this;
    if (remembered.has(connection)) return;
    for (const oldest of remembered) {
      if (remembered.size < CONNECTIONS_MAX) break;
      remembered.delete(oldest);
      this.forgotten++;
    }
    remembered.add(connection);
  }
}

/** The days of one symbol. */
export class SymbolDays {
  readonly days: DayCount[] = [];
  /** The last day whose count was given up; -1 before there was any. Nobody knows the days up to it any more. */
  forgottenDay = -1;

  find(day: number): DayCount | undefined {
    return day > this.forgottenDay ? this.#listed(day) : undefined;
  }

  /** The day's count, from now on at the latest. It is not kept where the days that are lie closer to today. */
  of(day: number, today: number): DayCount {
    const known = this.#listed(day);
    if (known !== undefined) return known;
    const made = new DayCount(day);
    this.days.push(made);
    if (this.days.length > DAYS_MAX) this.#forget(today);
    return made;
  }

  #listed(day: number): DayCount | undefined {
    return this.days.find((one) => one.day === day);
  }

  /** What is farthest from today: a clock that ran ahead once leaves days of the future. */
  #forget(today: number): void {
    const distance = ({ day }: DayCount): number => Math.abs(day - today);
    const farthest = this.days.reduce((a, b) => (distance(b) > distance(a) ? b : a));
    this.days.splice(this.days.indexOf(farthest), 1);
    if (farthest.day <= today) this.forgottenDay = Math.max(this.forgottenDay, farthest.day);
  }
}
