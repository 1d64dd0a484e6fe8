import { NODES_MAX, takenOf, withTaken, type TakenPositions } from './taken.ts';
import type { ForwardFrame, Piece } from '../wire/forward-frame.ts';

/** What a frame has for a partition that has taken everything of its journal up to a position. */
export type Intake =
  | { readonly kind: 'take'; readonly pieces: readonly Piece[]; readonly through: number }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'hole'; readonly taken: number }
  | { readonly kind: 'refuse' };

/**
 * Judges frames by the positions of the journals that they come from. What was taken is cut away, however frames were cut;
 * a frame that does not join what was taken is refused until the one before it comes again. Nothing else decides: not
 * sequences of the stream, not message ids.
 */
export class NodeIntake {
  #taken: TakenPositions;

  constructor(taken: TakenPositions) {
    this.#taken = taken;
  }

  get taken(): TakenPositions {
    return this.#taken;
  }

  /** Whatever lies before the frame and is missing is missed no more: for who cannot ask for it. */
  skipTo({ node, incarnation, after }: ForwardFrame): void {
    this.#taken = withTaken(this.#taken, node, { incarnation, position: after });
  }

  take({ node, incarnation, after, through, pieces }: ForwardFrame): Intake {
    if (this.#taken[node] === undefined && Object.keys(this.#taken).length >= NODES_MAX)
      return { kind: 'refuse' };
    const taken = takenOf(this.#taken, node, incarnation);
    if (after > taken) return { kind: 'hole', taken };
    if (through <= taken) return { kind: 'repeat' };
    this.#taken = withTaken(this.#taken, node, { incarnation, position: through });
    return { kind: 'take', pieces: pieces.filter(({ position }) => position > taken), through };
  }
}
