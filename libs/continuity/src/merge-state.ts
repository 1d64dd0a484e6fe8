import { Buffer } from 'node:buffer';
import type { GapReason, GapRecord } from '@org/market-data';
import type { Bar } from './bar.ts';
import { ContinuityError } from './continuity-error.ts';
import type { DayLedger } from './day-ledger.ts';
import type { DaysState } from './day-state.ts';
import { EventFrame } from './event-frame.ts';
import { finite } from './finite.ts';
import { MergedStream, StreamSource } from './merged-stream.ts';
import { OpenBreak } from './open-break.ts';
import { Source, type SourceTable } from './source.ts';

const VERSION = 2;

/*
 * Arrays instead of objects: the state of thousands of streams is written every second. `null` stands for undefined.
 * Sources are numbered; those that the table has forgotten and a stream has not come last.
 */
type BarState = readonly [openTime: number, intervalMs: number, isClosed: boolean];
type SourceState = readonly [lane: string, epoch: number, lastSeenUs: number];
type EventState = readonly [
  receivedAtUs: number,
  heldAtUs: number,
  line: number,
  connectionId: number,
  order: number,
  follows: number | null,
  doubt: GapReason | null,
  bar: BarState | null,
  base64: string,
];
type StreamSourceState = readonly [
  source: number,
  line: number,
  doubt: GapReason | null,
  isFresh: boolean,
  isEnded: boolean,
  held: readonly EventState[],
];
type BreakState = readonly [
  gap: GapRecord,
  openedAtUs: number,
  intervalMs: number,
  missing: readonly (readonly [from: number, to: number])[],
  isWritten: boolean,
  isIncomplete: boolean,
];
type LastState = readonly [order: number, receivedAtUs: number, connectionId: number, bar: BarState | null];
type StreamState = readonly [
  key: string,
  last: LastState | null,
  lead: number,
  repeats: number,
  repeatsSinceUs: number,
  isEndDeclared: boolean,
  sources: readonly StreamSourceState[],
  breaks: readonly BreakState[],
];

interface State {
  readonly version: number;
  readonly nowUs: number;
  readonly listed: number;
  readonly sources: readonly SourceState[];
  readonly streams: readonly StreamState[];
  /** Absent in states of earlier versions. */
  readonly days?: DaysState;
}

interface Parts {
  readonly nowUs: number;
  readonly sources: SourceTable;
  readonly streams: ReadonlyMap<string, MergedStream>;
  readonly days: DayLedger;
}

export function writeState(parts: Parts): string {
  const numbers = new Map<Source, number>();
  const sources: SourceState[] = [];
  const numberOf = (source: Source): number => {
    let number = numbers.get(source);
    if (number === undefined) {
      numbers.set(source, (number = sources.length));
      sources.push([source.lane, source.epoch, source.lastSeenUs]);
    }
    return number;
  };
  for (const source of parts.sources) numberOf(source);
  const listed = sources.length;
  const streams = Array.from(parts.streams.values(), (stream) => writeStream(stream, numberOf));
  const days = parts.days.state();
  return JSON.stringify({
    version: VERSION,
    nowUs: parts.nowUs,
    listed,
    sources,
    streams,
    days,
  } satisfies State);
}

function writeStream(stream: MergedStream, numberOf: (source: Source) => number): StreamState {
  const { lastOrder, lastReceivedAtUs, lastConnectionId, lastBar } = stream;
  return [
    stream.key,
    stream.hasLast ? [lastOrder, lastReceivedAtUs, lastConnectionId, writeBar(lastBar)] : null,
    stream.lead === undefined ? -1 : stream.sources.indexOf(stream.lead),
    stream.repeats,
    stream.repeatsSinceUs,
    stream.isEndDeclared,
    stream.sources.map((source) => writeSource(source, numberOf)),
    stream.breaks.map(writeBreak),
  ];
}

function writeSource(from: StreamSource, numberOf: (source: Source) => number): StreamSourceState {
  const { source, line, doubt, isFresh, isEnded, held } = from;
  return [numberOf(source), line, doubt ?? null, isFresh, isEnded, held.toArray().map(writeEvent)];
}

function writeEvent(event: EventFrame): EventState {
  const { receivedAtUs, heldAtUs, line, connectionId, order, follows, doubt, bar, bytes } = event;
  const text = bytes.toString('base64');
  return [
    receivedAtUs,
    heldAtUs,
    line,
    connectionId,
    order,
    follows ?? null,
    doubt ?? null,
    writeBar(bar),
    text,
  ];
}

function writeBreak(open: OpenBreak): BreakState {
  const { gap, openedAtUs, intervalMs, missing, isWritten, isIncomplete } = open;
  const ranges = missing.map(({ from, to }) => [from, to] as const);
  return [gap, openedAtUs, intervalMs, ranges, isWritten, isIncomplete];
}

function writeBar(bar: Bar | undefined): BarState | null {
  return bar === undefined ? null : [bar.openTime, bar.intervalMs, bar.isClosed];
}

/** Fills the table, the map and the ledger; returns the journal time. Throws {@link ContinuityError}. */
export function restoreState(
  text: string,
  table: SourceTable,
  streams: Map<string, MergedStream>,
  days: DayLedger,
): number {
  try {
    const state = JSON.parse(text) as State;
    if (state.version !== VERSION) throw new TypeError(`expected version ${VERSION}, was ${state.version}`);
    const sources = state.sources.map(readSource);
    for (const source of sources.slice(0, state.listed)) table.add(source);
    for (const stream of state.streams) streams.set(stream[0], readStream(stream, sources));
    const nowUs = finite(state.nowUs);
    days.restore(state.days, nowUs);
    return nowUs;
  } catch (cause) {
    throw new ContinuityError('STATE_UNREADABLE', `state of the merge: ${String(cause)}`, { cause });
  }
}

function readSource([lane, epoch, lastSeenUs]: SourceState): Source {
  const source = new Source(lane, finite(epoch));
  source.lastSeenUs = finite(lastSeenUs);
  // The table says which life of a lane is the last; whoever is not in the table was replaced long ago.
  source.isSuperseded = true;
  return source;
}

function readStream(state: StreamState, all: readonly Source[]): MergedStream {
  const [key, last, lead, repeats, repeatsSinceUs, isEndDeclared, sources, breaks] = state;
  const stream = new MergedStream(key);
  if (last !== null) {
    stream.hasLast = true;
    stream.lastOrder = finite(last[0]);
    stream.lastReceivedAtUs = finite(last[1]);
    stream.lastConnectionId = finite(last[2]);
    stream.lastBar = readBarState(last[3]);
  }
  stream.repeats = finite(repeats);
  stream.repeatsSinceUs = finite(repeatsSinceUs);
  stream.isEndDeclared = isEndDeclared;
  for (const source of sources) stream.sources.push(readStreamSource(key, source, all));
  stream.lead = stream.sources[lead];
  for (const open of breaks) stream.breaks.push(readBreak(open));
  return stream;
}

function readStreamSource(key: string, state: StreamSourceState, all: readonly Source[]): StreamSource {
  const [number, line, doubt, isFresh, isEnded, held] = state;
  const source = all[number];
  if (source === undefined) throw new TypeError(`source ${number} of ${key} is missing`);
  const found = new StreamSource(source);
  found.line = finite(line);
  found.doubt = doubt ?? undefined;
  found.isFresh = isFresh;
  found.isEnded = isEnded;
  for (const event of held) found.held.push(readEvent(key, event));
  return found;
}

function readEvent(stream: string, state: EventState): EventFrame {
  const [receivedAtUs, heldAtUs, line, connectionId, order, follows, doubt, bar, base64] = state;
  const event = new EventFrame();
  event.stream = stream;
  event.receivedAtUs = finite(receivedAtUs);
  event.heldAtUs = finite(heldAtUs);
  event.line = finite(line);
  event.connectionId = finite(connectionId);
  event.order = finite(order);
  event.follows = follows ?? undefined;
  event.doubt = doubt ?? undefined;
  event.bar = readBarState(bar);
  event.bytes = Buffer.from(base64, 'base64');
  event.payloadEnd = event.bytes.length;
  return event;
}

function readBreak(state: BreakState): OpenBreak {
  const [gap, openedAtUs, intervalMs, missing, isWritten, isIncomplete] = state;
  const ranges = missing.map(([from, to]) => ({ from: finite(from), to: finite(to) }));
  const open = new OpenBreak(gap, finite(openedAtUs), finite(intervalMs), ranges);
  open.isWritten = isWritten;
  open.isIncomplete = isIncomplete;
  return open;
}

function readBarState(bar: BarState | null): Bar | undefined {
  if (bar === null) return undefined;
  return { openTime: finite(bar[0]), intervalMs: finite(bar[1]), isClosed: bar[2] };
}
