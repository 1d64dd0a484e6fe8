import type { Clock } from '../clock.ts';
import { damagedFrame } from '../faults/damaged-frame.ts';
import type { FaultDesk, MessageVerdict } from '../faults/fault-desk.ts';
import type { MessageOutlet, StreamMessage } from '../market-source.ts';
import { isDepthStream } from '../product.ts';
import type { Connection } from '../socket/connection.ts';
import { DepthCuts } from './depth-cuts.ts';
import type { SentLog } from './sent-log.ts';
import type { StreamLedger } from './stream-ledger.ts';

type Outcome = 'intact' | 'damaged' | 'dropped';

/** Brings each message to everybody who hears its stream, through the faults, and writes down what became of it. */
export class Broadcast implements MessageOutlet {
  readonly #listeners = new Map<string, Set<Connection>>();
  readonly #unflushed = new Set<Connection>();
  readonly #faults: FaultDesk;
  readonly #ledger: StreamLedger;
  readonly #sentLog: SentLog | undefined;
  readonly #clock: Clock;
  readonly #cuts: DepthCuts | undefined;

  constructor(parts: {
    faults: FaultDesk;
    ledger: StreamLedger;
    sentLog: SentLog | undefined;
    clock: Clock;
    /** Undefined: every connection gets the events as the market made them. */
    depthCuts: { readonly seed: number; readonly speed: number } | undefined;
  }) {
    this.#faults = parts.faults;
    this.#ledger = parts.ledger;
    this.#sentLog = parts.sentLog;
    this.#clock = parts.clock;
    if (parts.depthCuts === undefined) return;
    this.#cuts = new DepthCuts({
      ...parts.depthCuts,
      clock: parts.clock,
      send: (connection, message, events) => this.#write(connection, message, events),
      flush: () => this.flush(),
    });
  }

  /** The caller has checked that the connection's route carries the stream. */
  listen(connection: Connection, stream: string): void {
    let listeners = this.#listeners.get(stream);
    if (listeners === undefined) this.#listeners.set(stream, (listeners = new Set()));
    listeners.add(connection);
  }

  unlisten(connection: Connection, streams: Iterable<string>): void {
    for (const stream of streams) {
      const listeners = this.#listeners.get(stream);
      if (listeners?.delete(connection) === true && listeners.size === 0) this.#listeners.delete(stream);
      this.#cuts?.release(connection, stream);
    }
  }

  /** The connection is about to be ended: what is held back for it leaves first. */
  ending(connection: Connection): void {
    this.#cuts?.release(connection);
  }

  closed(connection: Connection): void {
    this.#cuts?.forget(connection);
    this.unlisten(connection, connection.subscriptions);
  }

  stop(): void {
    this.#cuts?.stop();
    this.flush();
  }

  isHeard(stream: string): boolean {
    return this.#listeners.has(stream);
  }

  send(message: StreamMessage): void {
    const listeners = this.#listeners.get(message.stream);
    if (listeners === undefined) return;
    const verdict = this.#faults.judge(message, listeners);
    let best: Outcome = 'dropped';
    for (const connection of listeners) {
      const outcome = this.#deliver(message, connection, verdict);
      if (outcome === 'intact' || best === 'dropped') best = outcome;
    }
    if (best === 'intact') {
      this.#ledger.sent(message);
      this.#sentLog?.add(message, this.#clock.nowMs());
      this.#faults.sent(message, listeners);
    } else {
      this.#ledger.lost(message, best);
    }
  }

  flush(): void {
    for (const connection of this.#unflushed) connection.flush();
    this.#unflushed.clear();
    this.#sentLog?.flush();
  }

  #deliver(message: StreamMessage, connection: Connection, verdict: MessageVerdict | undefined): Outcome {
    if (verdict?.strikes(connection) !== true) return this.#intact(connection, message);
    this.#cuts?.release(connection, message.stream);
    const { fault } = verdict;
    if (fault.fault === 'duplicate') return this.#twice(connection, message);
    const { counts, missed } = connection;
    const damaged = damagedFrame(fault, connection.form(message));
    missed.missed(message);
    if (damaged === undefined) {
      counts.dropped++;
      return 'dropped';
    }
    this.#unflushed.add(connection);
    if (connection.write(damaged)) counts.damaged++;
    return 'damaged';
  }

  #twice(connection: Connection, message: StreamMessage): Outcome {
    const outcome = this.#write(connection, message, 1);
    if (connection.write(connection.form(message))) connection.counts.duplicated++;
    return outcome;
  }

  #intact(connection: Connection, message: StreamMessage): Outcome {
    if (this.#cuts === undefined || !isDepthStream(message.stream) || !connection.isOpen)
      return this.#write(connection, message, 1);
    this.#cuts.add(connection, message);
    return 'intact';
  }

  /** Hands the connection a message that stands for that many of the market's. */
  #write(connection: Connection, message: StreamMessage, events: number): Outcome {
    const { counts, missed } = connection;
    const frame = connection.form(message);
    this.#unflushed.add(connection);
    if (!connection.write(frame)) return this.#unreached(connection, message);
    missed.arrived(message);
    counts.frames++;
    counts.events += events;
    counts.bytes += frame.length;
    return 'intact';
  }

  /** What cannot be written is lost with its connection, unless that looks as if it was open. */
  #unreached(connection: Connection, message: StreamMessage): Outcome {
    if (!connection.isHalfOpen) return 'dropped';
    connection.counts.dropped++;
    connection.missed.missed(message);
    return 'dropped';
  }
}
