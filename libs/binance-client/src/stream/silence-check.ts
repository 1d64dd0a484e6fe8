import type { ConnectionDriver } from './connection-driver.ts';
import type { MarketStreamsHandlers, StreamCounters } from './stream-events.ts';
import type { StreamRecord } from './stream-record.ts';

/** Looks for what does not come: streams without data, connections without data, peers without a sign of life. */
export class SilenceCheck {
  readonly #handlers: MarketStreamsHandlers;
  readonly #counters: StreamCounters;

  constructor(handlers: MarketStreamsHandlers, counters: StreamCounters) {
    this.#handlers = handlers;
    this.#counters = counters;
  }

  /**
   * Raises the alarms that are due. A stream that is silent alone is asked for once more, its neighbours stay. A
   * connection that is silent as a whole gets a successor, and its peer is asked whether it lives; a dead one is cut.
   */
  run(driver: ConnectionDriver, nowMs: number): void {
    const { name } = driver.state;
    if (name === 'idle' || name === 'stopping' || name === 'stopped') return;
    const session = driver.current;
    const alarmed = this.#raise(driver, nowMs, session?.id ?? 0);
    if (!session?.isOpen) return;
    if (session.isPeerDead(nowMs)) {
      return driver.dispatch({ type: 'dead', id: session.id, reason: 'no answer to a ping' });
    }
    const { silentMs, limitMs } = session.watch.silence(nowMs);
    if (silentMs >= limitMs) {
      session.probe(nowMs);
      const reason = `no data for ${Math.round(silentMs)} ms, limit ${limitMs} ms`;
      return driver.dispatch({ type: 'silent', id: session.id, reason });
    }
    const again = alarmed.filter(
      (record) => !record.wasResubscribed && session.watch.of(record) !== undefined,
    );
    for (const record of again) record.wasResubscribed = true;
    if (again.length > 0) session.resubscribe(again);
  }

  #raise(driver: ConnectionDriver, nowMs: number, connectionId: number): StreamRecord[] {
    return [...driver.records].filter((record) => {
      const alarm = record.check(nowMs, connectionId);
      if (alarm === undefined) return false;
      this.#counters.alarms++;
      this.#handlers.alarm?.(alarm);
      return true;
    });
  }
}
