import type { ChildExit, ChildHandle, ChildSpec, ChildState, ChildStatus, StopStage } from './child-spec.ts';
import type { Clock, ClockTimer } from './clock.ts';
import { asControlMessage } from './control-messages.ts';
import { SupervisionError } from './errors.ts';
import { decideRestart, NO_HISTORY } from './restart-policy.ts';

export interface ChildEvents {
  started(pid: number | undefined, incarnation: number): void;
  ready(): void;
  exited(
    exit: ChildExit & {
      readonly expected: boolean;
      readonly readyTimedOut: boolean;
      readonly cause?: unknown;
    },
  ): void;
  restarting(restart: { readonly delayMs: number; readonly budgetSpent: boolean }): void;
  message(message: unknown, incarnation: number): void;
  stopRequested(signal: NodeJS.Signals): void;
  gaveUp(error: SupervisionError): void;
  stopTimedOut(stage: StopStage): void;
}

interface Waiter {
  resolve(): void;
  reject(error: SupervisionError): void;
}

const TERMINATE_TIMEOUT_MS = 2000;
const NEXT_STAGE = { stop: 'SIGTERM', SIGTERM: 'SIGKILL', SIGKILL: undefined } as const;

/**
 * One supervised child over all its lives.
 *
 *   waiting ──▶ starting ──'ready'──▶ ready          stop, in any state:
 *      ▲            │ exit               │ exit        alive ──▶ stopping ──exit──▶ stopped
 *      └── policy ──┴────────────────────┘             not alive ─────────────────▶ stopped
 *            └──▶ failed
 *
 * There is one handle and one timer at a time; what an older handle says is told apart by its identity.
 */
export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #events: ChildEvents;
  #state: ChildState = 'waiting';
  #handle: ChildHandle | undefined;
  #timer: ClockTimer | undefined;
  #incarnation = 0;
  #startedAtMs: number | undefined;
  #readyAtMs: number | undefined;
  #readyTimedOut = false;
  #history = NO_HISTORY;
  #staysDown = false;
  #readyWaiters: Waiter[] = [];
  #goneWaiters: (() => void)[] = [];

  constructor(spec: ChildSpec, clock: Clock, random: () => number, events: ChildEvents) {
    this.spec = spec;
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  status(): ChildStatus {
    return {
      id: this.spec.id,
      role: this.spec.role,
      pid: this.#handle?.pid,
      state: this.#state,
      restarts: Math.max(0, this.#incarnation - 1),
      startedAtMs: this.#startedAtMs,
    };
  }

  /** Starts the first life. Resolves when one is ready; rejects when the child is stopped or given up before. */
  launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#readyWaiters.push({ resolve, reject });
      if (this.#staysDown) this.#settleReady(this.#stopped());
      else this.#spawn();
    });
  }

  send(message: unknown): void {
    this.#handle?.send(message);
  }

  /** No further life; the present one goes on until `stop`. */
  stayDown(): void {
    this.#staysDown = true;
    if (this.#handle === undefined) this.#gone();
  }

  /** Asks, then forces, each with its deadline. Resolves when the child has exited. */
  stop(): Promise<void> {
    this.stayDown();
    const handle = this.#handle;
    if (handle === undefined) return Promise.resolve();
    const gone = new Promise<void>((resolve) => this.#goneWaiters.push(resolve));
    if (this.#state === 'stopping') return gone;
    this.#state = 'stopping';
    this.#settleReady(this.#stopped());
    this.#stopStage(handle, 'stop');
    return gone;
  }

  #stopped(): SupervisionError {
    return new SupervisionError(
      'STOPPING',
      `child ${this.spec.id}: stopped before it was ready`,
      this.spec.id,
    );
  }

  #stopStage(handle: ChildHandle, stage: StopStage): void {
    if (stage === 'stop') handle.send({ type: 'stop' });
    else handle.kill(stage);
    const { stopTimeoutMs, terminateTimeoutMs = Math.min(stopTimeoutMs, TERMINATE_TIMEOUT_MS) } = this.spec;
    this.#after(stage === 'stop' ? stopTimeoutMs : terminateTimeoutMs, () => {
      this.#events.stopTimedOut(stage);
      const next = NEXT_STAGE[stage];
      if (next !== undefined) this.#stopStage(handle, next);
    });
  }

  #spawn(): void {
    this.#incarnation++;
    this.#startedAtMs = this.#clock.nowMs();
    this.#readyAtMs = undefined;
    this.#readyTimedOut = false;
    this.#state = 'starting';
    try {
      this.#attach(this.spec.spawn(this.#incarnation), this.#incarnation);
    } catch (cause) {
      this.#exited({ code: null, signal: null }, cause);
    }
  }

  #attach(handle: ChildHandle, incarnation: number): void {
    this.#handle = handle;
    handle.onMessage((message) => this.#message(handle, incarnation, message));
    handle.onExit((exit) => {
      if (this.#handle === handle) this.#exited(exit);
    });
    this.#after(this.spec.readyTimeoutMs, () => {
      this.#readyTimedOut = true;
      handle.kill('SIGKILL');
    });
    this.#events.started(handle.pid, incarnation);
  }

  #message(handle: ChildHandle, incarnation: number, message: unknown): void {
    const control = asControlMessage(message);
    // The last words of a child may come after its end, and are still its words.
    if (control === undefined) this.#events.message(message, incarnation);
    else if (this.#handle !== handle) return;
    else if (control.type === 'ready') this.#becameReady(handle);
    else if (control.type === 'stop-requested') this.#events.stopRequested(control.signal);
  }

  #becameReady(handle: ChildHandle): void {
    // What was said to a child that did not listen yet is lost (a cluster worker's channel drops it): say it again.
    if (this.#state === 'stopping') handle.send({ type: 'stop' });
    // Too late: it is being stopped, or was killed for being late.
    if (this.#state !== 'starting' || this.#readyTimedOut) return;
    this.#clock.clearTimeout(this.#timer);
    this.#state = 'ready';
    this.#readyAtMs = this.#clock.nowMs();
    this.#events.ready();
    this.#settleReady();
  }

  #exited(exit: ChildExit, cause?: unknown): void {
    this.#clock.clearTimeout(this.#timer);
    this.#handle = undefined;
    const expected = this.#state === 'stopping';
    const readyTimedOut = this.#readyTimedOut;
    this.#events.exited({ ...exit, expected, readyTimedOut, ...(cause === undefined ? {} : { cause }) });
    if (this.#staysDown) this.#gone();
    else if (exit.code !== null && this.spec.fatalExitCodes?.includes(exit.code))
      this.#failed('CHILD_FAILED', exit.code);
    else this.#restart();
  }

  #restart(): void {
    const nowMs = this.#clock.nowMs();
    const readyForMs = this.#readyAtMs === undefined ? 0 : nowMs - this.#readyAtMs;
    const decision = decideRestart(this.spec.restart, this.#history, { nowMs, readyForMs }, this.#random);
    this.#history = decision.history;
    if (decision.action === 'give-up') {
      this.#failed('RESTART_BUDGET_SPENT');
      return;
    }
    const { restartInMs: delayMs } = decision.action;
    this.#state = 'waiting';
    this.#after(delayMs, () => this.#spawn());
    this.#events.restarting({ delayMs, budgetSpent: decision.budgetSpent });
  }

  #failed(code: 'CHILD_FAILED' | 'RESTART_BUDGET_SPENT', exitCode?: number): void {
    const { id, restart } = this.spec;
    const why =
      exitCode === undefined
        ? `more than ${restart.budget.restarts} restarts in ${restart.budget.windowMs} ms`
        : `exit code ${exitCode}, which a restart does not mend`;
    const failure = new SupervisionError(code, `child ${id}: ${why}`, id, exitCode);
    this.#state = 'failed';
    this.#settleReady(failure);
    this.#events.gaveUp(failure);
  }

  #gone(): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#state !== 'failed') this.#state = 'stopped';
    this.#settleReady(this.#stopped());
    for (const resolve of this.#goneWaiters.splice(0)) resolve();
  }

  #settleReady(error?: SupervisionError): void {
    for (const waiter of this.#readyWaiters.splice(0)) {
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }

  /** The one timer: whatever ran before is over. */
  #after(delayMs: number, run: () => void): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(run, delayMs);
  }
}
