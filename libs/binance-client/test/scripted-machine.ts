import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHostBudget } from '@org/binance-client';
import type { HostBudget, HostBudgetOptions, HostMachine } from '@org/binance-client';
import { ManualClock } from './manual-clock.ts';

/** One machine whose processes are budgets with process ids of their own; time stands still until it is turned. */
export class ScriptedMachine {
  readonly clock = new ManualClock();
  readonly folder = mkdtempSync(path.join(tmpdir(), 'host-budget-'));
  readonly alive = new Set<number>();
  bootId = 'first';
  /** Runs when a process looks at the time, and so in the middle of its changes. */
  beforeTime: () => void = () => undefined;
  /** Time that passed without a timer noticing it. */
  aheadMs = 0;
  #startedAtMs = 0;
  #nextPid = 100;

  /** A process; its timers run on `clock`. */
  open(changed: Partial<HostBudgetOptions> = {}, pid = this.#nextPid++): HostBudget {
    this.alive.add(pid);
    const machine: HostMachine = {
      nowMs: () => {
        this.beforeTime();
        return this.clock.nowMs() - this.#startedAtMs + this.aheadMs;
      },
      epochMs: () => this.clock.wallUs() / 1000,
      bootId: this.bootId,
      pid,
      isAlive: (other) => this.alive.has(other),
    };
    return openHostBudget({
      folder: this.folder, host: '127.0.0.1:8080', limitPerMinute: 100, clock: this.clock, random: () => 0.5, machine, ...changed,
    }); // prettier-ignore
  }

  restart(): void {
    this.bootId += ' next';
    this.#startedAtMs = this.clock.nowMs() - 5;
    this.alive.clear();
  }

  files(name: 'weight' | 'ban' | 'attempts'): string[] {
    const folder = path.join(this.folder, '127.0.0.1_8080', name);
    return readdirSync(folder).map((file) => path.join(folder, file));
  }
}
