import { EXIT, type ExitCode } from './exit-codes.ts';

/** One request to stop, whoever makes it first: a signal, the end of the duration, a child that cannot go on. */
export class StopSignal {
  reason: string | undefined;
  exitCode: ExitCode = EXIT.ok;
  readonly stopped: Promise<void>;
  #resolve: () => void = () => undefined;

  constructor() {
    this.stopped = new Promise((resolve) => (this.#resolve = resolve));
  }

  get isStopping(): boolean {
    return this.reason !== undefined;
  }

  /** Only the first request counts. */
  request(reason: string, exitCode: ExitCode = EXIT.ok): void {
    if (this.isStopping) return;
    this.reason = reason;
    this.exitCode = exitCode;
    this.#resolve();
  }
}
