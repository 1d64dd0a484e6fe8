import { OrderBookError } from '@org/orderbook';
import type { DepthScale, DepthVisitor, RawDepth } from '@org/storage-csv';
import type { Moment } from './moment.ts';
import { MomentGate } from './moment-gate.ts';
import { BookReplay, type NoBookReason, type ReplaySource } from './replay.ts';
import type { Damage, ReplayView } from './replay-view.ts';

/** How far the reading is, over all files. */
export interface ReadProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** Where depth messages come from, file after file. */
export interface DepthInput {
  readonly symbol: string;
  /** Hands the messages over until there are no more, or the visitor returns false; levels in ticks of `scale`, too. */
  visit(visit: DepthVisitor, scale: DepthScale, progress: (progress: ReadProgress) => void): Promise<void>;
  /** What was found about the files so far. */
  findings(): { readonly files: number; readonly rejected: number; readonly damaged: readonly Damage[] };
  /** Adds a finding about the file that is being read. */
  report(problem: string): void;
}

export interface ReplayRun {
  /** Where to stop; undefined goes to the end. */
  readonly moment: Moment | undefined;
  /** Levels of each side in the view. */
  readonly depth: number;
  nowMs(): number;
  progress?(progress: ReadProgress): void;
}

export interface ReplayOutcome {
  /** Undefined when there is no book; `noBookReason` then tells why. */
  readonly view: ReplayView | undefined;
  readonly noBookReason: NoBookReason | undefined;
  readonly source: ReplaySource;
  readonly messages: number;
  readonly snapshots: number;
  /** Whether the moment ended the replay before the end of the files. */
  readonly isStopped: boolean;
  /** Receipt of the first message and of the last one seen, µs since the epoch; undefined without messages. */
  readonly span: { readonly firstReceivedAtUs: number; readonly lastReceivedAtUs: number } | undefined;
}

/** Replays an input up to a moment. Throws what the input throws; damage in its files is no error. */
export async function replayRecording(input: DepthInput, run: ReplayRun): Promise<ReplayOutcome> {
  const startedAtMs = run.nowMs();
  const replay = new BookReplay(input.symbol);
  const gate = new MomentGate(run.moment);
  let firstReceivedAtUs: number | undefined;
  let lastReceivedAtUs = 0;
  let isStopped = false;
  const visit = (message: RawDepth): boolean => {
    firstReceivedAtUs ??= message.receivedAtUs;
    lastReceivedAtUs = message.receivedAtUs;
    const admission = gate.admit(message, replay.state);
    isStopped = admission === 'stop';
    if (admission === 'take') take(replay, message, input);
    return !isStopped;
  };
  await input.visit(visit, replay.book, (read) => run.progress?.(read));
  const span = firstReceivedAtUs === undefined ? undefined : { firstReceivedAtUs, lastReceivedAtUs };
  const source: ReplaySource = { ...input.findings(), elapsedMs: Math.round(run.nowMs() - startedAtMs) };
  const { noBookReason, messages, snapshots } = replay;
  const view = noBookReason === undefined ? replay.view(run.depth, source) : undefined;
  return { view, noBookReason, source, messages, snapshots, isStopped, span };
}

/** A message that the book refuses is damage of its file; the replay goes on, out of sync until the next snapshot. */
function take(replay: BookReplay, message: RawDepth, input: DepthInput): void {
  try {
    replay.take(message);
  } catch (error) {
    if (!(error instanceof OrderBookError)) throw error;
    input.report(error.message);
  }
}
