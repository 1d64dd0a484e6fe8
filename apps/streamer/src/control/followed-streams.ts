import { parseStreamKey } from '@org/market-data';
import type { StatusBoard } from '../monitoring/status-board.ts';
import type { Children } from './children.ts';

export interface FollowedStreamsOptions {
  readonly children: Pick<Children, 'plan' | 'reassign' | 'send'>;
  readonly board: Pick<StatusBoard, 'expect'>;
}

/** What a machine that records nothing itself has books of: every depth stream that collectors forward. */
export class FollowedStreams {
  readonly #options: FollowedStreamsOptions;
  readonly #streams = new Set<string>();

  constructor(options: FollowedStreamsOptions) {
    this.#options = options;
  }

  /** Stream keys that have appeared, and that have ended. */
  take(seen: readonly string[], gone: readonly string[]): void {
    const { children, board } = this.#options;
    for (const stream of seen) this.#streams.add(stream);
    for (const stream of gone) this.#streams.delete(stream);
    if (gone.length > 0) children.send('order-book', { type: 'drop-books', symbols: symbolsOf(gone) });
    const streams = [...this.#streams].sort();
    const symbols = symbolsOf(streams);
    children.reassign({ ...children.plan, symbols });
    // Nobody waits for the first event of what is known by its events.
    board.expect({ symbolsOf: new Map([['order-book', symbols]]), streams, joined: new Set(symbols) });
  }
}

function symbolsOf(streams: readonly string[]): readonly string[] {
  return [...new Set(streams.flatMap((stream) => parseStreamKey(stream)?.symbol ?? []))];
}
