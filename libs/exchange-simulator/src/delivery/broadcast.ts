import type { Clock } from '../clock.ts';
import { damagedFrame } from '../faults/damaged-frame.ts';
import type { MessageFault } from '../faults/fault.ts';
import { concernsConnection } from '../faults/fault-desk.ts';
import type { FaultDesk } from '../faults/fault-desk.ts';
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
    const fault = this.#faults.judge(message, listeners);
    let best: Outcome = 'dropped';
    for (const connection of listeners) {
      const outcome = this.#deliver(message, connection, fault);
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

  #deliver(message: StreamMessage, connection: Connection, fault: MessageFault | undefined): Outcome {
    const { counts } = connection;
    if (fault === undefined || !concernsConnection(fault, connection))
      return this.#intact(connection, message);
    this.#cuts?.release(connection, message.stream);
    const frame = connection.form(message);
    this.#unflushed.add(connection);
    const damaged = damagedFrame(fault, frame);
    if (damaged !== undefined) {
      if (connection.write(damaged)) counts.damaged++;
      return 'damaged';
    }
    if (fault.fault === 'duplicate') {
      const outcome = this.#write(connection, message, 1);
      if (connection.write(frame)) counts.duplicated++;
      return outcome;
    }
    counts.dropped++;
    return 'dropped';
  }

  #intact(connection: Connection, message: StreamMessage): Outcome {
    if (this.#cuts === undefined || !isDepthStream(message.stream))
      return this.#write(connection, message, 1);
    if (!connection.isOpen) return 'dropped';
    this.#cuts.add(connection, message);
    return 'intact';
  }

  /** Hands the connection a message that stands for that many of the market's. */
  #write(connection: Connection, message: StreamMessage, events: number): Outcome {
    const frame = connection.form(message);
    this.#unflushed.add(connection);
    if (!connection.write(frame)) return 'dropped';
    connection.counts.frames++;
    connection.counts.events += events;
    connection.counts.bytes += frame.length;
    return 'intact';
  }
}
