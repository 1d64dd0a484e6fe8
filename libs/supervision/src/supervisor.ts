import type { ChildExit, ChildSpec, ChildStatus, StopStage } from './child-spec.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { SupervisionError } from './errors.ts';
import { SupervisedChild } from './supervised-child.ts';

export interface SupervisorHandlers {
  started?(id: string, pid: number | undefined, incarnation: number): void;
  ready?(id: string): void;
  /** `expected`: it was told to stop. `cause`: it could not be started. */
  exited?(
    id: string,
    exit: ChildExit & {
      readonly expected: boolean;
      readonly readyTimedOut: boolean;
      readonly cause?: unknown;
    },
  ): void;
  restarting?(id: string, restart: { readonly delayMs: number; readonly budgetSpent: boolean }): void;
  /** A message of the application; it may be the last word of a life that has ended. */
  message?(id: string, message: unknown, incarnation: number): void;
  /** RESTART_BUDGET_SPENT or CHILD_FAILED; nobody restarts this child any more. */
  gaveUp?(id: string, error: SupervisionError): void;
  /** This stage of the stop passed its deadline; after SIGKILL there is nothing left but to wait. */
  stopTimedOut?(id: string, stage: StopStage): void;
  /** A child got a signal that ends processes. The supervisor stops everything right after this call. */
  stopRequested?(id: string, signal: NodeJS.Signals): void;
}

export interface SupervisorOptions {
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly handlers?: SupervisorHandlers;
}

/** Starts children in order, brings back those that die, and stops all in the reverse order. */
export class Supervisor {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #handlers: SupervisorHandlers;
  readonly #groups: SupervisedChild[][] = [];
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#handlers = options.handlers ?? {};
  }

  /**
   * Starts group after group, each when every child of the one before is ready; the children of a group start at once.
   * A child that dies meanwhile is restarted and waited for. Rejects with {@link SupervisionError} CHILD_FAILED,
   * RESTART_BUDGET_SPENT or STOPPING; what had started by then goes on until `stop`.
   */
  async start(specs: readonly (readonly ChildSpec[])[]): Promise<void> {
    if (this.#started) throw new SupervisionError('ALREADY_STARTED', 'supervisor was started before');
    this.#refuseWhileStopping();
    this.#started = true;
    const groups = specs.map((group) => {
      const children: SupervisedChild[] = [];
      this.#groups.push(children);
      for (const spec of group) children.push(this.#child(spec));
      return [...children];
    });
    for (const group of groups) await Promise.all(group.map((child) => child.launch()));
  }

  /** Starts one more child, in the last group. Settles like `start`; also rejects with CHILD_ID_TAKEN. */
  async add(spec: ChildSpec): Promise<void> {
    this.#refuseWhileStopping();
    const child = this.#child(spec);
    if (this.#groups.length === 0) this.#groups.push([]);
    this.#groups.at(-1)!.push(child);
    await child.launch();
  }

  /** Stops one child and forgets it. Rejects with CHILD_UNKNOWN. */
  async remove(id: string): Promise<void> {
    const child = this.#find(id);
    if (child === undefined) throw new SupervisionError('CHILD_UNKNOWN', `child ${id} is not known`, id);
    await child.stop();
    for (const group of this.#groups) {
      const index = group.indexOf(child);
      if (index >= 0) group.splice(index, 1);
    }
  }

  /** Sends to the present life of the child; lost when there is none, like everything said to a child that dies. */
  send(id: string, message: unknown): void {
    this.#find(id)?.send(message);
  }

  /**
   * Stops every child, the last group first, each in stages: the message `{type: 'stop'}`, SIGTERM, SIGKILL. From the
   * first moment nobody is restarted. Resolves when every child has exited; every call gives the same promise.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  status(): ChildStatus[] {
    return this.#groups.flat().map((child) => child.status());
  }

  async #stopAll(): Promise<void> {
    const groups = this.#groups.map((group) => [...group]).reverse();
    for (const child of groups.flat()) child.stayDown();
    for (const group of groups) await Promise.all(group.map((child) => child.stop()));
  }

  #refuseWhileStopping(): void {
    if (this.#stopping !== undefined)
      throw new SupervisionError('STOPPING', 'supervisor is stopping, nothing is started');
  }

  #find(id: string): SupervisedChild | undefined {
    return this.#groups.flat().find((child) => child.spec.id === id);
  }

  #child(spec: ChildSpec): SupervisedChild {
    const { id } = spec;
    if (this.#find(id) !== undefined)
      throw new SupervisionError('CHILD_ID_TAKEN', `child ${id} is there already`, id);
    const handlers = this.#handlers;
    return new SupervisedChild(spec, this.#clock, this.#random, {
      started: (pid, incarnation) => handlers.started?.(id, pid, incarnation),
      ready: () => handlers.ready?.(id),
      exited: (exit) => handlers.exited?.(id, exit),
      restarting: (restart) => handlers.restarting?.(id, restart),
      message: (message, incarnation) => handlers.message?.(id, message, incarnation),
      gaveUp: (error) => handlers.gaveUp?.(id, error),
      stopTimedOut: (stage) => handlers.stopTimedOut?.(id, stage),
      stopRequested: (signal) => {
        handlers.stopRequested?.(id, signal);
        void this.stop();
      },
    });
  }
}
