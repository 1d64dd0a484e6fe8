import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { backoffMs } from './backoff.ts';

const RECONNECT_DELAY_MS = 50;
const RECONNECT_GROWTH_MAX = 20;

export interface DialerOptions {
  /** Who connects, for errors. */
  readonly name: string;
  readonly socketPath: string;
  /** First delay before connecting again; default 50 ms, doubling to twenty times that, half of it by chance. */
  readonly reconnectDelayMs: number | undefined;
  readonly clock: Clock;
  /** In [0, 1); default `Math.random`. */
  readonly random: (() => number) | undefined;
  opened(socket: Socket): void;
}

/** Connects, and again after a growing delay; one attempt and one timer at a time. */
export class Dialer {
  readonly #options: DialerOptions;
  #attempt = 0;
  #failures = 0;
  #socket: Socket | undefined;
  #timer: ClockTimer | undefined;
  #started = false;
  #stopped = false;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Attempts that found nobody listening, in all. */
  get failures(): number {
    return this.#failures;
  }

  /** Connects for the first time; false when it was started before. Throws QUEUE_CLOSED after `stop`. */
  start(): boolean {
    if (this.#stopped) throw new FlowError('QUEUE_CLOSED', `${this.#options.name} was closed`, this.#options);
    if (this.#started) return false;
    this.#started = true;
    this.#dial();
    return true;
  }

  #dial(): void {
    if (this.#stopped) return;
    const socket = connect(this.#options.socketPath);
    this.#socket = socket;
    const failed = (): void => {
      socket.destroy();
      this.#failures++;
      this.redial();
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      this.#socket = undefined;
      if (this.#stopped) socket.destroy();
      else this.#options.opened(socket);
    });
  }

  /** Connects after the delay. */
  redial(): void {
    if (this.#stopped) return;
    const { clock, random = Math.random, reconnectDelayMs = RECONNECT_DELAY_MS } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(
      () => this.#dial(),
      backoffMs(this.#attempt++, reconnectDelayMs, reconnectDelayMs * RECONNECT_GROWTH_MAX, random),
    );
  }

  /** The peer does its work: the next delay is the first one again. Being connected is not enough to know that. */
  progressed(): void {
    this.#attempt = 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#socket?.destroy();
  }
}
