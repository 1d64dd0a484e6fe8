import type { LogLevel } from './child-log.ts';

export interface StormLimits {
  /** Lines of one event of one subject (a stream, a symbol) in a window; those beyond are counted, not written. */
  readonly perSubjectMax: number;
  readonly windowMs: number;
  /** Lines in a second, of all events together … */
  readonly perSecondMax: number;
  /** … but the first lines of each event in a window are written whatever the others do. */
  readonly perEventMin: number;
  /** Events and subjects that are told apart in a window; what comes beyond shares one place a level, or an event. */
  readonly eventsMax: number;
  readonly subjectsMax: number;
}

export const STORM_LIMITS: StormLimits = {
  perSubjectMax: 20,
  windowMs: 10_000,
  perSecondMax: 200,
  perEventMin: 5,
  eventsMax: 256,
  subjectsMax: 4096,
};

/** What stands for the events beyond `eventsMax`. */
export const OTHER_EVENTS = '(other events)';

export interface AskedLine {
  readonly level: LogLevel;
  readonly event: string;
  /** The stream or symbol that the line is about; empty when it is about none. */
  readonly subject: string;
}

/** The lines of one event that were not written in a window. */
export interface Suppression {
  readonly level: LogLevel;
  readonly event: string;
  readonly count: number;
  /** The one subject of all of them; undefined when there were several. */
  readonly subject: string | undefined;
}

interface EventCount {
  readonly level: LogLevel;
  readonly event: string;
  readonly bySubject: Map<string, number>;
  written: number;
  suppressed: number;
  subject: string | undefined;
}

/**
 * Decides which lines of one source are written while there are too many, and counts the others: of all lines that are
 * asked for in a window, those admitted and those in the suppressions at its end are the sum. Time is passed in, and a
 * window begins with its first line. A storm of one event never hides the first lines of another one.
 */
export class StormGate {
  readonly #limits: StormLimits;
  readonly #events = new Map<string, EventCount>();
  #startedAtMs = 0;
  #subjects = 0;
  #second = 0;
  #inSecond = 0;

  constructor(limits: StormLimits = STORM_LIMITS) {
    this.#limits = limits;
  }

  /** When the present window ends; undefined when there is none. */
  get endsAtMs(): number | undefined {
    return this.#events.size === 0 ? undefined : this.#startedAtMs + this.#limits.windowMs;
  }

  /** Whether the line is to be written. The caller ends a window that is over first. */
  admits(line: AskedLine, nowMs: number): boolean {
    if (this.#events.size === 0) this.#begin(nowMs);
    const event = this.#eventOf(line);
    const isTooMany = this.#isBeyond(event, this.#countSubject(event, line.subject), nowMs);
    if (!isTooMany) {
      event.written++;
      this.#inSecond++;
      return true;
    }
    event.subject = event.suppressed === 0 || event.subject === line.subject ? line.subject : undefined;
    event.suppressed++;
    return false;
  }

  /** Ends the window: what it kept back, in the order of the first line of each event. */
  end(): readonly Suppression[] {
    const kept = [...this.#events.values()].filter(({ suppressed }) => suppressed > 0);
    this.#events.clear();
    return kept.map(({ level, event, suppressed, subject }) => ({
      level,
      event,
      count: suppressed,
      subject,
    }));
  }

  #begin(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#subjects = 0;
    this.#second = 0;
    this.#inSecond = 0;
  }

  #isBeyond(event: EventCount, ofSubject: number, nowMs: number): boolean {
    const second = Math.floor((nowMs - this.#startedAtMs) / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    if (ofSubject > this.#limits.perSubjectMax) return true;
    return this.#inSecond >= this.#limits.perSecondMax && event.written >= this.#limits.perEventMin;
  }

  #eventOf(line: AskedLine): EventCount {
    const known = this.#events.get(keyOf(line));
    if (known !== undefined) return known;
    const isOwn = this.#events.size < this.#limits.eventsMax;
    const { level, event } = isOwn ? line : { level: line.level, event: OTHER_EVENTS };
    const place = this.#events.get(keyOf({ level, event })) ?? {
      level, event, bySubject: new Map<string, number>(), written: 0, suppressed: 0, subject: undefined,
    }; // prettier-ignore
    this.#events.set(keyOf({ level, event }), place);
    return place;
  }

  #countSubject({ bySubject }: EventCount, subject: string): number {
    const isKnown = bySubject.has(subject);
    const isOwn = isKnown || this.#subjects < this.#limits.subjectsMax;
    if (isOwn && !isKnown) this.#subjects++;
    const name = isOwn ? subject : '';
    const count = (bySubject.get(name) ?? 0) + 1;
    bySubject.set(name, count);
    return count;
  }
}

function keyOf({ level, event }: Pick<AskedLine, 'level' | 'event'>): string {
  return `${level} ${event}`;
}
