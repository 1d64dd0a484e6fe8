import assert from 'node:assert/strict';
import type { Sink, SinkEvents } from './sink.ts';
import { contractTrade, type StoredTrade } from './sink-contract-trades.ts';

/** What a sink's test provides so that the shared suite can be run over it. */
export interface SinkHarness {
  /** A sink over this harness's store, not opened yet. Every call gives another one over the same store. */
  createSink(events?: SinkEvents): Sink;
  /** Ends the sink as a SIGKILL would: it writes nothing more, and a later sink can open the store. */
  crash(sink: Sink): Promise<void>;
  /** Every aggTrade in the store, each stream in the order in which it was stored. Asked only after an `open`. */
  storedTrades(): Promise<readonly StoredTrade[]>;
  /**
   * Whether the store has no transactions: then rows that were appended after the last commit may still be there when it is
   * opened, each at most once, and a row that comes again takes its own place. Default false: they must be gone.
   */
  readonly resendsReplace?: boolean;
  /** A harness over another, empty store. */
  unrelated(): Promise<SinkHarness>;
}

/** One rule of the contract. `run` needs a harness whose store is empty and throws when the rule does not hold. */
export interface SinkContractCase {
  readonly name: string;
  readonly run: (harness: SinkHarness) => Promise<void>;
}

export const BTC = 'BTCUSDT@aggTrade';
export const ETH = 'ETHUSDT@aggTrade';

/** A sink over the store, open. */
export async function opened(harness: SinkHarness, events?: SinkEvents): Promise<Sink> {
  const sink = harness.createSink(events);
  await sink.open();
  return sink;
}

/** Opens the store once more, compares what it says with the last commit, and closes it again. */
export async function expectOpened(
  harness: SinkHarness,
  expected: { readonly position: number; readonly state: string | undefined },
): Promise<void> {
  const sink = harness.createSink();
  const { position, state, isPositionLost } = await sink.open();
  await sink.close();
  assert.equal(isPositionLost, false);
  assert.equal(position, expected.position);
  assert.ok(
    state === expected.state,
    `expected ${describeState(expected.state)}, was ${describeState(state)}`,
  );
}

/**
 * Texts are compared: they are the same whichever realm, driver or class the rows came from. `uncommitted` are ids that came
 * after the last commit and not again: a store whose resends replace may have them, once and as they were sent.
 */
export async function expectTrades(
  harness: SinkHarness,
  stream: string,
  ids: readonly number[],
  uncommitted: readonly number[] = [],
): Promise<void> {
  const stored = (await harness.storedTrades()).filter((trade) => trade.stream === stream);
  const isLeft = ({ id }: StoredTrade) => harness.resendsReplace === true && uncommitted.includes(id);
  const left = stored.filter(isLeft);
  const leftIds = [...new Set(left.map(({ id }) => id))];
  assert.equal(describeTrades(left), describeTrades(leftIds.map((id) => contractTrade(stream, id))));
  const kept = stored.filter((trade) => !isLeft(trade));
  assert.equal(describeTrades(kept), describeTrades(ids.map((id) => contractTrade(stream, id))));
}

function describeTrades(trades: readonly StoredTrade[]): string {
  return trades
    .map(
      ({ stream, id, price, quantity, receivedAtUs }) =>
        `${stream} ${id} ${price} ${quantity} ${receivedAtUs}\n`,
    )
    .join('');
}

/** States may be long: a message shows how one begins. */
function describeState(state: string | undefined): string {
  if (state === undefined) return 'no state';
  return `a state of ${state.length} characters, ${JSON.stringify(state.slice(0, 40))}`;
}
