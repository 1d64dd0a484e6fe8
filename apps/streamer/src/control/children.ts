import { type ClockTimer, systemClock } from '@org/binance-client';
import { Supervisor, type SupervisorHandlers } from '@org/supervision';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { RecorderLog } from '../logging/recorder-log.ts';
import type { BookDesk } from '../monitoring/book-desk.ts';
import type { ChildState, StatusBoard } from '../monitoring/status-board.ts';
import { type ChildPlanOptions, childSpecs } from './child-specs.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { ChildMessage, PrimaryMessage } from './messages.ts';
import type { StopSignal } from './stop-signal.ts';

export interface ChildrenOptions extends Omit<ChildPlanOptions, 'line'> {
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
  readonly board: StatusBoard;
  readonly desk: BookDesk;
}

/** How long the first workers wait for each other. */
const GO_TIMEOUT_MS = 5000;

/** The children of the primary: starts and stops them, and passes their messages on. */
export class Children {
  readonly #options: ChildrenOptions;
  readonly #supervisor: Supervisor;
  readonly #workers: ReadonlyMap<string, readonly string[]>;
  readonly #exitCodes = new Map<string, number | null>();
  readonly #waitingForGo = new Set<string>();
  #haveBegun = false;
  #goTimer: ClockTimer | undefined;
  /** Children that did not end as they should when they were told to stop: what they held may be lost. */
  readonly failedStops = new Set<string>();

  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.#workers = options.workers;
    this.#supervisor = new Supervisor({ handlers: this.#handlers() });
  }

  /** Resolves when all are ready, or when it is clear that they will not be; then the stop signal is set. */
  async start(): Promise<void> {
    const { stop, logs } = this.#options;
    try {
      await this.#supervisor.start(childSpecs({ ...this.#options, line: logs.childLine }));
    } catch (error) {
      stop.request(error instanceof Error ? error.message : String(error), EXIT.failed);
    }
  }

  send(id: string, message: PrimaryMessage): void {
    this.#supervisor.send(id, message);
  }

  states(): ChildState[] {
    return this.#supervisor.status();
  }

  stop(): Promise<void> {
    systemClock.clearTimeout(this.#goTimer);
    return this.#supervisor.stop();
  }

  #handlers(): SupervisorHandlers {
    const { log, stop, board } = this.#options;
    return {
      ready: (id) => this.#ready(id),
      exited: (id, { cause, code, signal, expected }) => {
        board.ended(id);
        this.#exitCodes.set(id, code);
        if (expected && code !== 0) {
          this.failedStops.add(id);
          log.error('StopFailed', { id, code, signal });
        }
        if (!expected)
          log.error('ChildExited', { id, code, signal, ...(cause === undefined ? {} : errorFields(cause)) });
      },
      restarting: (id, restart) => log.warn('ChildRestarting', { id, ...restart }),
      stopTimedOut: (id, stage) => log.error('StopTimedOut', { id, stage }),
      gaveUp: (id, error) => {
        log.error('ChildGivenUp', { id, ...errorFields(error) });
        stop.request(error.message, exitCodeFor(this.#exitCodes.get(id)));
      },
      stopRequested: (id, signal) => {
        log.info('SignalReceived', { id, signal });
        stop.request(signal);
      },
      message: (id, message) => this.#message(id, message as ChildMessage),
    };
  }

  /** The first workers begin together, when the last is ready or has had its time; later ones begin at once. */
  #ready(id: string): void {
    this.#options.log.info('ChildReady', { id });
    if (!this.#workers.has(id)) return;
    this.#waitingForGo.add(id);
    if (this.#haveBegun || this.#waitingForGo.size === this.#workers.size) this.#go();
    else this.#goTimer ??= systemClock.setTimeout(() => this.#go(), GO_TIMEOUT_MS);
  }

  #go(): void {
    this.#haveBegun = true;
    systemClock.clearTimeout(this.#goTimer);
    for (const worker of this.#waitingForGo) this.send(worker, { type: 'go' });
    this.#waitingForGo.clear();
  }

  #message(id: string, message: ChildMessage): void {
    const { board, desk } = this.#options;
    switch (message.type) {
      case 'report':
        return board.report(id, message.report, Date.now());
      case 'book-answer':
        return desk.answered(message.requestId, message.answer);
      case 'snapshot-wanted': {
        const { symbol } = message;
        for (const [worker, hand] of this.#workers) {
          if (hand.includes(symbol)) this.send(worker, { type: 'take-snapshot', symbol });
        }
      }
    }
  }
}

function exitCodeFor(code: number | null | undefined): ExitCode {
  return Object.values(EXIT).find((known) => known === code && known !== EXIT.ok) ?? EXIT.failed;
}
