import { streamKind } from '@org/market-data';

/** Without these there is no book and no trade: they are recorded to the end. */
const KEPT: ReadonlySet<unknown> = new Set(['depth', 'aggtrade']);

/** Streams that may be given up, the least important first. `streams`: the most important first; that one is kept too. */
export function sheddableStreams(streams: readonly string[]): readonly string[] {
  return streams
    .slice(1)
    .filter((stream) => !KEPT.has(streamKind(stream)))
    .reverse();
}
