import { type GapReason, parseStreamKey, streamKind, type StreamKind } from '@org/market-data';
import type { Bar } from './bar.ts';
import type { DayCount } from './day-count.ts';
import type { EventFrame } from './event-frame.ts';
import { HeldEvents } from './held-events.ts';
import type { OpenBreak } from './open-break.ts';
import type { Source } from './source.ts';

/** What is known of one source of one stream. */
export class StreamSource {
  readonly source: Source;
  line = 0;
  /** Why its next event must prove that it joins. */
  doubt: GapReason | undefined = undefined;
  /** It has delivered no event of the stream yet. */
  isFresh = true;
  /** It said that nothing more comes of the stream. */
  isEnded = false;
  readonly held = new HeldEvents();
  /** Where its latest event is counted: that day, its noon, and the connection; noon is infinite before the first. */
  day: DayCount | undefined = undefined;
  noonUs = Infinity;
  connectionId = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** Whether it may still deliver what others miss. */
  isAlive(nowUs: number, aliveMs: number): boolean {
    if (this.isEnded || this.source.isSuperseded || this.isFresh) return false;
    return nowUs - this.source.lastSeenUs <= aliveMs * 1000;
  }
}

/** One stream: where it stands, who leads it, and what waits. */
export class MergedStream {
  readonly key: string;
  /** '' for a key that names none. */
  readonly symbol: string;
  readonly kind: StreamKind | undefined;
  /** False until the first event ever; the fields of the last one mean nothing before. */
  hasLast = false;
  lastOrder = 0;
  lastReceivedAtUs = 0;
  lastConnectionId = 0;
  lastBar: Bar | undefined = undefined;
  /** The source of the last event. */
  lead: StreamSource | undefined = undefined;
  readonly sources: StreamSource[] = [];
  heldFrames = 0;
  heldBytes = 0;
  /** Repeats since the last stored event that were received after it, and the journal time of the first. */
  repeats = 0;
  repeatsSinceUs = 0;
  /** A row says that the stream ended in doubt, and nothing came since. */
  isEndDeclared = false;
  readonly breaks: OpenBreak[] = [];

  constructor(key: string) {
    this.key = key;
    const parts = parseStreamKey(key);
    this.symbol = parts?.symbol ?? '';
    this.kind = parts === undefined ? undefined : streamKind(parts.stream);
  }

  sourceOf(source: Source): StreamSource | undefined {
    const { sources } = this;
    for (let at = 0; at < sources.length; at++) if (sources[at]!.source === source) return sources[at];
    return undefined;
  }

  /** Makes room for one source more: forgets those that deliver nothing any more, then the one silent for longest. */
  prune(sourcesMax: number): void {
    const { sources } = this;
    for (let at = sources.length - 1; at >= 0; at--) {
      const { isEnded, source } = sources[at]!;
      if (this.#isIdle(sources[at]!) && (isEnded || source.isSuperseded)) sources.splice(at, 1);
    }
    if (sources.length < sourcesMax) return;
    const idle = sources.filter((source) => this.#isIdle(source));
    const silent = idle.sort((a, b) => a.source.lastSeenUs - b.source.lastSeenUs)[0];
    if (silent !== undefined) sources.splice(sources.indexOf(silent), 1);
  }

  /** The clock was set back: nothing that waits began later than this. */
  notAfter(nowUs: number): void {
    this.repeatsSinceUs = Math.min(this.repeatsSinceUs, nowUs);
    for (const open of this.breaks) open.openedAtUs = Math.min(open.openedAtUs, nowUs);
    for (const { source, held } of this.sources) {
      source.lastSeenUs = Math.min(source.lastSeenUs, nowUs);
      held.notAfter(nowUs);
    }
  }

  #isIdle(source: StreamSource): boolean {
    return source !== this.lead && source.held.length === 0;
  }

  /** The stream now ends with this event. */
  advance(from: StreamSource, event: EventFrame, isBreak: boolean): void {
    const isBehind = !isBreak && this.hasLast && event.order < this.lastOrder;
    if (!isBehind) this.lastOrder = event.order;
    this.hasLast = true;
    this.lastReceivedAtUs = event.receivedAtUs;
    this.lastConnectionId = event.connectionId;
    if (event.bar !== undefined) this.#advanceBar(event.bar, isBreak);
    this.lead = from;
    this.repeats = 0;
    this.isEndDeclared = false;
  }

  /** An earlier bar may still be corrected after its successor began: the stream stands at the latest one. */
  #advanceBar(bar: Bar, isBreak: boolean): void {
    const last = this.lastBar;
    if (isBreak || last === undefined || bar.openTime > last.openTime) this.lastBar = bar;
    else if (bar.openTime === last.openTime && !last.isClosed) this.lastBar = bar;
  }
}
