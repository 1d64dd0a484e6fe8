import type { Clock, ClockTimer } from '../clock.ts';
import type { StreamRoute } from '../products.ts';
import type { ConnectionAttempts } from './attempt-limiter.ts';
import { INITIAL_STATE, isSource, ownedIds, stepConnection } from './connection-state.ts';
import type {
  ConnectionEffect,
  ConnectionEvent,
  ConnectionPolicy,
  ConnectionReport,
  ConnectionState,
  ConnectionTimer,
} from './connection-types.ts';
import type { MessageReader } from './message-reader.ts';
import type { MarketStreamsHandlers, StreamCounters, StreamRef } from './stream-events.ts';
import type { StreamRecord } from './stream-record.ts';
import { StreamSession } from './stream-session.ts';

/** What all connections of a {@link MarketStreams} share. */
export interface DriverShared {
  readonly policy: ConnectionPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  /** The next connection id; ids are never used twice. */
  readonly ids: { next: number };
  readonly attempts: ConnectionAttempts;
  readonly handlers: MarketStreamsHandlers;
  readonly counters: StreamCounters;
  readonly reader: MessageReader;
}

/** Carries out what {@link stepConnection} decides for one set of streams, and tells it what happened. */
export class ConnectionDriver {
  readonly route: StreamRoute;
  readonly records = new Set<StreamRecord>();
  readonly #shared: DriverShared;
  readonly #url: string;
  readonly #sessions = new Map<number, StreamSession>();
  readonly #openings = new Map<number, ClockTimer>();
  readonly #timers = new Map<ConnectionTimer, ClockTimer>();
  readonly #stopWaiters: (() => void)[] = [];
  readonly #events: ConnectionEvent[] = [];
  #isStepping = false;
  #state: ConnectionState = INITIAL_STATE;

  constructor(shared: DriverShared, route: StreamRoute, url: string) {
    this.#shared = shared;
    this.route = route;
    this.#url = url;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The connection that counts for alarms; undefined while there is none. */
  get current(): StreamSession | undefined {
    return isSource(this.#state) ? this.#sessions.get(this.#state.id) : undefined;
  }

  get refs(): readonly StreamRef[] {
    return Array.from(this.records, ({ ref }) => ref);
  }

  start(): void {
    this.dispatch({ type: 'start' });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopWaiters.push(resolve);
      this.dispatch({ type: 'stop' });
    });
  }

  subscribe(records: readonly StreamRecord[]): void {
    for (const record of records) this.records.add(record);
    for (const session of this.#openSessions()) session.subscribe(records);
  }

  unsubscribe(records: readonly StreamRecord[]): void {
    for (const record of records) this.records.delete(record);
    for (const session of this.#openSessions()) session.unsubscribe(records);
  }

  /**
   * The one place where the state changes; late events of connections that are no longer owned change nothing. An event
   * that arises while another is worked off, in a handler for instance, waits its turn.
   */
  dispatch(event: ConnectionEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
  }

  #step(event: ConnectionEvent): void {
    const { policy, clock, random, ids } = this.#shared;
    const input = { nowMs: clock.nowMs(), chance: random(), freshId: ids.next };
    const { state, effects } = stepConnection(policy, this.#state, event, input);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (event.type === 'silent') this.#checkCoverage();
    if (state.name === 'stopped') for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }

  /** The first data of a stream on a connection: news for the state machine. */
  firstFrame(session: StreamSession, isFirstOfConnection: boolean): void {
    if (isFirstOfConnection) this.dispatch({ type: 'data', id: session.id });
    this.#checkCoverage();
  }

  shutdownAnnounced(session: StreamSession): void {
    if (session.isLeaving) return;
    session.isLeaving = true;
    const { counters, handlers } = this.#shared;
    counters.shutdownsAnnounced++;
    handlers.shutdownAnnounced?.({ connectionId: session.id, route: this.route });
    this.dispatch({ type: 'leaving', id: session.id });
  }

  #openSessions(): StreamSession[] {
    return [...this.#sessions.values()].filter(({ isOpen }) => isOpen);
  }

  #carryOut(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'open':
        return this.#open(effect.id);
      case 'subscribe':
        this.#sessions.get(effect.id)?.subscribe([...this.records]);
        return this.#checkCoverage();
      case 'close':
        return this.#end(effect.id, 'close');
      case 'terminate':
        return this.#end(effect.id, 'terminate');
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clearTimer':
        return this.#clearTimer(effect.timer);
      case 'report':
        return this.#report(effect.report);
      default:
        return unknownEffect(effect);
    }
  }

  #open(id: number): void {
    const { clock, ids, attempts } = this.#shared;
    ids.next = Math.max(ids.next, id + 1);
    this.#openings.delete(id);
    const delayMs = attempts.take();
    if (delayMs > 0)
      this.#openings.set(
        id,
        clock.setTimeout(() => this.#open(id), delayMs),
      );
    else this.#sessions.set(id, this.#session(id));
  }

  #session(id: number): StreamSession {
    const { clock, reader, counters } = this.#shared;
    return new StreamSession(id, this.#url, clock, {
      opened: () => this.dispatch({ type: 'opened', id }),
      message: (session, bytes, isBinary) => {
        if (ownedIds(this.#state).includes(id)) reader.read(this, session, bytes, isBinary);
        else counters.late++;
      },
      gone: (_, event) => {
        this.#sessions.delete(id);
        this.dispatch({ type: 'closed', id, ...event });
      },
    });
  }

  #end(id: number, how: 'close' | 'terminate'): void {
    const { clock } = this.#shared;
    const opening = this.#openings.get(id);
    if (opening === undefined) return this.#sessions.get(id)?.[how]();
    clock.clearTimeout(opening);
    this.#openings.delete(id);
    if (how === 'close')
      this.dispatch({ type: 'closed', id, code: 1006, reason: 'ended before it was opened' });
  }

  #setTimer(timer: ConnectionTimer, delayMs: number): void {
    this.#clearTimer(timer);
    const run = () => {
      this.#timers.delete(timer);
      this.dispatch({ type: 'due', timer });
    };
    this.#timers.set(timer, this.#shared.clock.setTimeout(run, delayMs));
  }

  #clearTimer(timer: ConnectionTimer): void {
    this.#shared.clock.clearTimeout(this.#timers.get(timer));
    this.#timers.delete(timer);
  }

  /**
   * Looks whether the successor shows everything that the current connection shows. What the current one has not shown
   * for as long as an overlap lasts, or since it was found silent, is not waited for.
   */
  #checkCoverage(): void {
    const { successor, silence } = isSource(this.#state) ? this.#state : {};
    if (successor === undefined || successor.phase === 'connecting' || successor.isCovering) return;
    const { clock, policy } = this.#shared;
    const next = this.#sessions.get(successor.id);
    const sinceMs = Math.max(clock.nowMs() - policy.overlapMs, silence?.sinceMs ?? -Infinity);
    if (next === undefined || !this.current?.watch.isCoveredBy(next.watch, sinceMs)) return;
    this.dispatch({ type: 'covered', id: successor.id });
  }

  #report(report: ConnectionReport): void {
    const { handlers, counters } = this.#shared;
    const { route, refs: streams } = this;
    switch (report.type) {
      case 'opened':
        counters.connectionsOpened++;
        return handlers.opened?.({ connectionId: report.id, route, streams });
      case 'closed': {
        const { id: connectionId, code, reason, cause, willRetryInMs } = report;
        counters.connectionsClosed++;
        return handlers.closed?.({ connectionId, route, code, reason, cause, streams, willRetryInMs });
      }
      case 'rotated':
        counters.rotations++;
        return handlers.rotated?.({ fromConnectionId: report.from, toConnectionId: report.to, route });
      case 'gaveUp':
        return handlers.gaveUp?.({ route, attempts: report.attempts, streams });
      default:
        return unknownEffect(report);
    }
  }
}

function unknownEffect(effect: never): never {
  throw new TypeError(`unknown connection effect ${JSON.stringify(effect)}`);
}
