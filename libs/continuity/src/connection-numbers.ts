import { finite } from './finite.ts';

/** So many names are kept at least before those that nobody needs any more are looked for. */
const NAMES_MIN = 256;

/** Each connection with its number. */
export type ConnectionState = readonly (readonly [number: number, name: string])[];

/** Gives connections numbers, for most of them are counted by many symbols. No number is given twice. */
export class ConnectionNumbers {
  readonly #numbers = new Map<string, number>();
  #next = 0;
  #namesMax = NAMES_MIN;

  of(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) this.#numbers.set(name, (number = this.#next++));
    return number;
  }

  /** It is time to {@link keep} those that are needed. */
  get isCrowded(): boolean {
    return this.#numbers.size > this.#namesMax;
  }

  /** All others are forgotten. */
  keep(needed: ReadonlySet<number>): void {
    for (const [name, number] of this.#numbers) if (!needed.has(number)) this.#numbers.delete(name);
    this.#namesMax = Math.max(NAMES_MIN, 2 * this.#numbers.size);
  }

  state(): ConnectionState {
    return Array.from(this.#numbers, ([name, number]) => [number, name]);
  }

  /** Returns the numbers that there are. Throws a `TypeError` for what is no such state. */
  restore(state: ConnectionState): ReadonlySet<number> {
    for (const [number, name] of state) {
      this.#numbers.set(name, finite(number));
      this.#next = Math.max(this.#next, number + 1);
    }
    // Nobody has said which of them are needed.
    this.#namesMax = Math.max(NAMES_MIN, this.#numbers.size);
    return new Set(this.#numbers.values());
  }
}
