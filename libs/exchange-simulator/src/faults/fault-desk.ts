import type { Cancel, Clock } from '../clock.ts';
import type { StreamMessage } from '../market-source.ts';
import type { Connection } from '../socket/connection.ts';
import type { CheckedFault, ConnectionFault, FaultKind, MessageFault, RestFault } from './fault.ts';
import { isMessageFault, isRestFault } from './fault.ts';
import { concernsConnection, concernsStream, picksOne, struckConnections } from './fault-scope.ts';

/** A fault at work: `left` messages or requests to go, until `untilMs`. */
interface ActiveFault<F extends CheckedFault> {
  readonly fault: F;
  left: number;
  readonly untilMs: number;
}

/** A fault of messages; `picked` is the one connection that it strikes, once there was one to choose. */
interface ActiveMessageFault extends ActiveFault<MessageFault> {
  picked?: Connection | undefined;
}

/** What a rule may ask about a message: whose it is, and who hears it. */
type Recipients = Iterable<Connection>;

/** The fault that a message meets, on some or all of its connections. */
export interface MessageVerdict {
  readonly fault: MessageFault;
  strikes(connection: Connection): boolean;
}

/** A fault goes on for its duration, else for its count, else once. */
function limits(fault: CheckedFault, nowMs: number): { left: number; untilMs: number } {
  const durationMs = 'duration' in fault ? fault.duration : undefined;
  const count = 'count' in fault ? fault.count : undefined;
  return {
    left: count ?? (durationMs === undefined ? 1 : Infinity),
    untilMs: durationMs === undefined ? Infinity : nowMs + durationMs,
  };
}

/** Whether the fault strikes those who connect later as well. A half-open line is one that was there before. */
function goesOn(fault: ConnectionFault): boolean {
  if (fault.fault === 'lifetime') return true;
  return fault.fault !== 'halfOpen' && 'duration' in fault && fault.duration !== undefined;
}

/**
 * The event that comes before the end. Documented for spot streams, without a word on the envelope of combined ones
 * (developers.binance.com, "WebSocket Streams", seen 2026-11); the stream name is the one that other clients expect.
 */
function shutdownEvent(isEnveloped: boolean, nowMs: number): string {
  const data = { e: 'serverShutdown', E: Math.floor(nowMs) };
  return JSON.stringify(isEnveloped ? { stream: '!serverShutdown', data } : data);
}

/** Waits for the moment of each fault and knows which are at work. It decides; sockets and replies are others' work. */
export class FaultDesk {
  readonly #clock: Clock;
  readonly #connections: () => Iterable<Connection>;
  readonly #ban: (banMs: number) => void;
  readonly #plans = new Set<Cancel>();
  readonly #delayed = new Set<() => void>();
  /** Faults that wait for messages to be sent. */
  #counting: { readonly fault: CheckedFault; left: number }[] = [];
  #messageFaults: ActiveMessageFault[] = [];
  #restFaults: ActiveFault<RestFault>[] = [];
  #connectionFaults: ActiveFault<ConnectionFault>[] = [];
  readonly #fired = new Map<FaultKind, number>();

  /** `ban` refuses every request for that long. */
  constructor(clock: Clock, connections: () => Iterable<Connection>, ban: (banMs: number) => void) {
    this.#ban = ban;
    this.#clock = clock;
    this.#connections = connections;
  }

  /** How often each kind began. */
  fired(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#fired);
  }

  inject(fault: CheckedFault): void {
    if (fault.afterMessages !== undefined) this.#counting.push({ fault, left: fault.afterMessages });
    else if (fault.at === undefined || fault.at === 0) this.#begin(fault);
    else this.#plan(fault.at, () => this.#begin(fault));
  }

  stop(): void {
    for (const cancel of this.#plans) cancel();
    this.#plans.clear();
    this.#counting = [];
    for (const resolve of this.#delayed) resolve();
    this.#delayed.clear();
  }

  /** Resolves after the time that a slow request takes, or when the exchange stops. */
  delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#delayed.add(resolve);
      this.#plan(delayMs, () => {
        this.#delayed.delete(resolve);
        resolve();
      });
    });
  }

  /** The fault that this message meets, if any. Uses up one of its count. */
  judge(message: StreamMessage, recipients: Recipients): MessageVerdict | undefined {
    if (this.#messageFaults.length === 0) return undefined;
    this.#messageFaults = this.#living(this.#messageFaults);
    const active = this.#messageFaults.find(
      (one) =>
        concernsStream(one.fault, message.stream, message.symbol) &&
        [...recipients].some((connection) => this.#strikes(one, connection)),
    );
    if (active === undefined) return undefined;
    active.left--;
    return { fault: active.fault, strikes: (connection) => this.#strikes(active, connection) };
  }

  /** Counts a sent message for the faults that wait for one. */
  sent(message: StreamMessage, recipients: Recipients): void {
    if (this.#counting.length === 0) return;
    for (const waiting of [...this.#counting]) {
      const { fault } = waiting;
      if (!concernsStream(fault, message.stream, message.symbol)) continue;
      if (
        !isRestFault(fault) &&
        fault.fault !== 'rest418' &&
        ![...recipients].some((connection) => concernsConnection(fault, connection))
      )
        continue;
      if (--waiting.left > 0) continue;
      this.#counting = this.#counting.filter((other) => other !== waiting);
      this.#begin(fault);
    }
  }

  /** The fault that a request meets, if any. Uses up one of its count. */
  rest(path: string, symbol: string | undefined): RestFault | undefined {
    if (this.#restFaults.length === 0) return undefined;
    this.#restFaults = this.#living(this.#restFaults);
    const active = this.#restFaults.find(
      ({ fault }) =>
        (fault.path === undefined || path.endsWith(`/${fault.path}`)) &&
        (fault.symbol === undefined || fault.symbol.toUpperCase() === symbol?.toUpperCase()),
    );
    if (active !== undefined) active.left--;
    return active?.fault;
  }

  /** A new connection meets the faults that go on. */
  opened(connection: Connection): void {
    this.#connectionFaults = this.#living(this.#connectionFaults);
    for (const { fault } of this.#connectionFaults) {
      if (struckConnections(fault, this.#connections()).includes(connection)) this.#strike(fault, connection);
    }
  }

  /** A choice by age is made once: the other line must not fall silent because the first one was given up. */
  #strikes(active: ActiveMessageFault, connection: Connection): boolean {
    if (!picksOne(active.fault)) return concernsConnection(active.fault, connection);
    active.picked ??= struckConnections(active.fault, this.#connections())[0];
    return active.picked === connection;
  }

  #living<A extends ActiveFault<CheckedFault>>(faults: A[]): A[] {
    const nowMs = this.#clock.nowMs();
    return faults.filter((active) => active.left > 0 && nowMs < active.untilMs);
  }

  #plan(delayMs: number, action: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#plans.delete(cancel);
      action();
    });
    this.#plans.add(cancel);
  }

  #begin(fault: CheckedFault): void {
    this.#fired.set(fault.fault, (this.#fired.get(fault.fault) ?? 0) + 1);
    const nowMs = this.#clock.nowMs();
    if (fault.fault === 'rest418') this.#ban(fault.banMs);
    else if (isRestFault(fault)) this.#restFaults.push({ fault, ...limits(fault, nowMs) });
    else if (isMessageFault(fault)) this.#beginOnMessages(fault, nowMs);
    else this.#beginOnConnections(fault, nowMs);
  }

  #beginOnMessages(fault: MessageFault, nowMs: number): void {
    const picked = picksOne(fault) ? struckConnections(fault, this.#connections())[0] : undefined;
    this.#messageFaults.push({ fault, ...limits(fault, nowMs), picked });
  }

  #beginOnConnections(fault: ConnectionFault, nowMs: number): void {
    if (goesOn(fault)) {
      const untilMs = fault.fault === 'lifetime' ? Infinity : limits(fault, nowMs).untilMs;
      this.#connectionFaults.push({ fault, left: Infinity, untilMs });
    }
    for (const connection of struckConnections(fault, this.#connections())) this.#strike(fault, connection);
  }

  #strike(fault: ConnectionFault, connection: Connection): void {
    switch (fault.fault) {
      case 'cut':
        return connection.cut();
      case 'reset':
        return connection.reset();
      case 'close':
        return connection.close(fault.code, fault.reason);
      case 'halfOpen':
        return connection.freeze(fault.duration);
      case 'lifetime': {
        const ageMs = this.#clock.nowMs() - connection.openedAtMs;
        return connection.plan(fault.duration - ageMs, () => connection.close(fault.code, '', 'lifetime'));
      }
      case 'serverShutdown':
        connection.write(shutdownEvent(fault.enveloped === true && connection.combined, this.#clock.nowMs()));
        connection.flush();
        return connection.plan(fault.delay, () =>
          connection.close(1001, 'server shutdown', 'serverShutdown'),
        );
    }
  }
}
