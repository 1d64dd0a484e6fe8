import { randomUUID } from 'node:crypto';
import { InfluxError } from '../errors.ts';
import type { QueryRow } from '../http/influx-client.ts';
import { MEASUREMENTS } from '../points/catalogue.ts';
import {
  CURSOR_MEASUREMENT,
  type CursorHead,
  headLine,
  readHead,
  slotTime,
  STATE_MEASUREMENT,
} from './cursor-head.ts';
import { joinState, splitState } from './state-text.ts';

/**
 * Heads and states take turns in as many slots, and never that of the last commit that is known to be stored: whatever a
 * crash cuts, or comes late from a request that was given up, that commit stays whole.
 */
const SLOTS = 4;
const NOWHERE = -1;

const NEVER: CursorHead = {
  position: 0,
  generation: 0,
  slot: NOWHERE,
  stateSlot: NOWHERE,
  stateParts: 0,
  stateSha256: '',
  life: '',
};

export interface CursorStoreOptions {
  /** Tells the cursors of several recorders in one database apart. */
  readonly recorder: string;
  /** Stores lines, all of them, or rejects. */
  readonly write: (lines: string) => Promise<void>;
  readonly query: (statement: string) => Promise<readonly QueryRow[]>;
}

export interface StoredCursor {
  readonly position: number;
  readonly state: string | undefined;
  readonly isPositionLost: boolean;
  /** What is wrong with the cursor, where something is. */
  readonly problems: readonly string[];
}

/** Position and state of the last commit, as points of the store that they are about. */
export class CursorStore {
  readonly #options: CursorStoreOptions;
  readonly #life = randomUUID();
  #last = NEVER;
  /** The newest head that was there when the store was opened, damaged state or not, and ours after that. */
  #newest = NEVER;
  #generation = 0;
  /** Where was written last. */
  #slot = 0;
  #stateSlot = 0;

  constructor(options: CursorStoreOptions) {
    this.#options = options;
  }

  /** What the last commit said. A new store gets its first cursor, so that rows without one are known to have lost it. */
  async open(): Promise<StoredCursor> {
    const { ours, others } = await this.#heads();
    if (ours.length > 0) return this.#fromHeads(ours);
    // Rows may be those of another recorder, which has its own cursor.
    if (others === 0 && (await this.#hasRows())) return this.#lost(['there are rows, and no cursor']);
    await this.#begin();
    return { position: 0, state: undefined, isPositionLost: false, problems: [] };
  }

  /**
   * Stores both, after everything that they are about is stored. Without `state` the one of the commit before stays. Rejects
   * with `STORE_TAKEN` when another sink of the same name has committed since.
   */
  async commit(position: number, state: string | undefined): Promise<void> {
    if (state === undefined && position === this.#last.position) return;
    await this.#refuseRivals();
    await this.#writeHead({ ...(await this.#stateOf(state)), position });
  }

  async #heads() {
    const rows = await this.#options.query(
      `SELECT * FROM "${CURSOR_MEASUREMENT}" WHERE time >= ${slotTime(0)} AND time < ${slotTime(SLOTS)}`,
    );
    const ours = rows.filter((row) => row['recorder'] === this.#options.recorder);
    return { ours, others: rows.length - ours.length };
  }

  /**
   * Nothing is replaced only if it is still what was read, so this is no lock: where two commit at one moment, one of them
   * finds the other's head in the place of its own at its next commit.
   */
  async #refuseRivals(): Promise<void> {
    const { generation, life } = this.#newest;
    const { ours } = await this.#heads();
    const isForeign = (head: CursorHead | undefined): boolean =>
      head !== undefined &&
      head.life !== this.#life &&
      (head.generation > generation || (head.generation === generation && head.life !== life));
    if (!ours.some((row) => isForeign(readHead(row)))) return;
    const problem = `another sink commits as recorder ${this.#options.recorder} to this database`;
    throw new InfluxError('STORE_TAKEN', problem);
  }

  /** A store that takes everything and shows nothing would look new each time that it is opened. */
  async #begin(): Promise<void> {
    this.#take(NEVER, NEVER);
    await this.#writeHead(NEVER);
    const { ours } = await this.#heads();
    if (ours.length === 0)
      throw new InfluxError('CURSOR_UNREADABLE', 'expected a query to find the cursor that was written');
  }

  async #fromHeads(rows: readonly QueryRow[]): Promise<StoredCursor> {
    const heads = rows.map(readHead).filter((head) => head !== undefined);
    const problems: string[] = [];
    if (heads.length < rows.length)
      problems.push(`${rows.length - heads.length} damaged entries of the cursor`);
    heads.sort((a, b) => b.generation - a.generation);
    const newest = heads[0] ?? NEVER;
    for (const head of heads) {
      const found = await this.#readState(head);
      if (found !== undefined) {
        this.#take(head, newest);
        return { position: head.position, state: found.state, isPositionLost: false, problems };
      }
      problems.push(`the state of commit ${head.generation} is damaged`);
    }
    return this.#lost(problems, newest);
  }

  #lost(problems: readonly string[], newest = NEVER): StoredCursor {
    this.#take(NEVER, newest);
    return { position: 0, state: undefined, isPositionLost: true, problems };
  }

  #take(head: CursorHead, newest: CursorHead): void {
    this.#last = head;
    this.#newest = newest;
    this.#generation = newest.generation;
  }

  async #hasRows(): Promise<boolean> {
    const rows = await this.#options.query('SHOW MEASUREMENTS');
    return rows.some(({ name }) => typeof name === 'string' && MEASUREMENTS.includes(name));
  }

  /** Undefined when the parts are not those of the commit. */
  async #readState(head: CursorHead): Promise<{ readonly state: string | undefined } | undefined> {
    const { stateSlot, stateParts, stateSha256 } = head;
    if (stateParts === 0) return { state: undefined };
    const rows = await this.#options.query(
      `SELECT "text" FROM "${STATE_MEASUREMENT}" WHERE "recorder" = '${this.#options.recorder}' AND ` +
        `"slot" = '${stateSlot}' AND time >= ${slotTime(0)} AND time < ${slotTime(stateParts)} ORDER BY time`,
    );
    const state = await joinState({ parts: rows.map(({ text }) => String(text)), sha256: stateSha256 });
    return state === undefined ? undefined : { state };
  }

  /** Writes a state beside those that are there. */
  async #stateOf(state: string | undefined): Promise<CursorHead> {
    if (state === undefined) return this.#last;
    const { parts, sha256 } = await splitState(state);
    const slot = (this.#stateSlot = slotAfter(this.#stateSlot, this.#last.stateSlot));
    const tags = `${STATE_MEASUREMENT},recorder=${this.#options.recorder},slot=${slot}`;
    await this.#options.write(
      parts.map((text, part) => `${tags} text="${text}" ${slotTime(part)}\n`).join(''),
    );
    return { ...this.#last, stateSlot: slot, stateParts: parts.length, stateSha256: sha256 };
  }

  async #writeHead(head: CursorHead): Promise<void> {
    this.#slot = slotAfter(this.#slot, this.#last.slot);
    const next = { ...head, generation: ++this.#generation, slot: this.#slot, life: this.#life };
    await this.#options.write(headLine(this.#options.recorder, next));
    this.#last = this.#newest = next;
  }
}

function slotAfter(slot: number, kept: number): number {
  const next = (slot + 1) % SLOTS;
  return next === kept ? (next + 1) % SLOTS : next;
}
