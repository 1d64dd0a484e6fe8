import { Supervisor } from '@org/supervision';
import type { ChildSpec, RestartPolicy, SupervisorHandlers } from '@org/supervision';
import { ManualClock, settle } from './manual-clock.ts';
import { ScriptedChild } from './scripted-child.ts';

export const policy: RestartPolicy = {
  delayInitialMs: 1000,
  delayMaxMs: 1000,
  budget: { restarts: 3, windowMs: 60_000 },
  onBudgetSpent: 'slow-down',
  healthyAfterMs: 10_000,
};

/** A supervisor over scripted children, and the log of what happened, in order. */
export class World {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  readonly lives: Record<string, ScriptedChild[]> = {};
  readonly supervisor: Supervisor;
  #pids = 0;

  constructor(handlers: SupervisorHandlers = {}) {
    this.supervisor = new Supervisor({ clock: this.clock, random: () => 0.5, handlers });
  }

  spec(id: string, options: Partial<ChildSpec> = {}): ChildSpec {
    return {
      id,
      role: 'scripted',
      readyTimeoutMs: 5000,
      stopTimeoutMs: 3000,
      restart: policy,
      spawn: (incarnation) => {
        this.log.push(`${id} spawn ${incarnation}`);
        const child = new ScriptedChild(++this.#pids, (what) => this.log.push(`${id} ${what}`));
        (this.lives[id] ??= []).push(child);
        return child;
      },
      ...options,
    };
  }

  /** The present life. */
  child(id: string): ScriptedChild {
    return this.lives[id]!.at(-1)!;
  }

  state(id: string): string | undefined {
    return this.supervisor.status().find((each) => each.id === id)?.state;
  }

  /** Starts these children, each a group of its own, all ready. */
  async startReady(...ids: string[]): Promise<void> {
    const started = this.supervisor.start(ids.map((id) => [this.spec(id)]));
    for (const id of ids) {
      await settle();
      this.child(id).becomesReady();
    }
    await started;
  }
}
