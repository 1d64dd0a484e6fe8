import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { backoffMs } from './backoff.ts';

export interface DialerOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly delayInitialMs: number;
  readonly delayMaxMs: number;
  opened(socket: Socket): void;
}

/** Connects, and again after a growing delay; one attempt and one timer at a time. */
export class Dialer {
  readonly #options: DialerOptions;
  #attempt = 0;
  #failures = 0;
  #socket: Socket | undefined;
  #timer: ClockTimer | undefined;
  #stopped = false;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Attempts that found nobody listening, in all. */
  get failures(): number {
    return this.#failures;
  }

  /** Connects now. */
  dial(): void {
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
    const { clock, random, delayInitialMs, delayMaxMs } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(
      () => this.dial(),
      backoffMs(this.#attempt++, delayInitialMs, delayMaxMs, random),
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
