import type { ChildExit, ChildHandle } from '@org/supervision';

/** A child that does what the test tells it, and notes what its supervisor did. */
export class ScriptedChild implements ChildHandle {
  readonly pid: number;
  readonly sent: unknown[] = [];
  readonly signals: string[] = [];
  /** Signals that end it. */
  diesOf: readonly string[] = ['SIGTERM', 'SIGKILL'];
  alive = true;
  readonly #log: (what: string) => void;
  #message: (message: unknown) => void = () => undefined;
  #exit: (exit: ChildExit) => void = () => undefined;

  constructor(pid: number, log: (what: string) => void = () => undefined) {
    this.pid = pid;
    this.#log = log;
  }

  send(message: unknown): void {
    this.sent.push(message);
    this.#log(JSON.stringify(message));
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    this.#log(signal);
    if (this.diesOf.includes(signal)) this.exit({ code: null, signal });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#exit = listener;
  }

  says(message: unknown): void {
    this.#message(message);
  }

  becomesReady(): void {
    this.says({ type: 'ready' });
  }

  exit(exit: Partial<ChildExit>): void {
    if (!this.alive) return;
    this.alive = false;
    this.#exit({ code: null, signal: null, ...exit });
  }
}
