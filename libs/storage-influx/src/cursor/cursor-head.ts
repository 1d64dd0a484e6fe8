import type { QueryRow } from '../http/influx-client.ts';
import { TIME_MAX_MS } from '../points/point-time.ts';
import { sha256 } from './state-text.ts';

export const CURSOR_MEASUREMENT = 'recorder_cursor';
export const STATE_MEASUREMENT = 'recorder_state';

/**
 * The sink keeps its own things at fixed times behind all market data, at 2200-01-01: there they are overwritten instead of
 * growing with every commit, and no retention policy removes them.
 */
export function slotTime(ns: number): string {
  return `${TIME_MAX_MS}${String(ns).padStart(6, '0')}`;
}

/** One commit. */
export interface CursorHead {
  readonly position: number;
  /** Counts the attempts to commit. */
  readonly generation: number;
  /** Where the head stands. */
  readonly slot: number;
  /** Where the state stands, and in how many parts; `parts` is 0 without one. */
  readonly stateSlot: number;
  readonly stateParts: number;
  readonly stateSha256: string;
  /** Names the sink that wrote it, from its opening to its end; '' in heads of versions that had none. */
  readonly life: string;
}

/** The line of a head in its slot. `check` covers the rest: fields of a point may be torn from each other. */
export function headLine(recorder: string, head: CursorHead): string {
  const { position, generation, slot, stateSlot, stateParts, stateSha256, life } = head;
  const fields = [
    `position=${position}i`,
    `generation=${generation}i`,
    `slot=${slot}i`,
    `state_slot=${stateSlot}i`,
    `state_parts=${stateParts}i`,
    `state_sha256="${stateSha256}"`,
    `life="${life}"`,
    `check="${checkOf(head)}"`,
  ];
  return `${CURSOR_MEASUREMENT},recorder=${recorder} ${fields.join()} ${slotTime(slot)}\n`;
}

/** Undefined for a row that is no head, or a damaged one. */
export function readHead(row: QueryRow): CursorHead | undefined {
  const head = {
    position: row['position'],
    generation: row['generation'],
    slot: row['slot'],
    stateSlot: row['state_slot'],
    stateParts: row['state_parts'],
    stateSha256: row['state_sha256'],
    life: row['life'] ?? '',
  } as CursorHead;
  const { position, generation, stateSlot, stateParts } = head;
  const isWhole = [position, generation, stateSlot, stateParts].every((number) =>
    Number.isSafeInteger(number),
  );
  return isWhole && row['check'] === checkOf(head) ? head : undefined;
}

function checkOf(head: CursorHead): string {
  const { position, generation, slot, stateSlot, stateParts, stateSha256, life } = head;
  const parts = [position, generation, slot, stateSlot, stateParts, stateSha256];
  return sha256([...parts, ...(life === '' ? [] : [life])].join());
}
