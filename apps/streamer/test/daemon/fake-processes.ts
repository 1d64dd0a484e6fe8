import type { ProcessIdentity, ProcessTable } from '../../src/daemon/process-table.ts';

export const BOOT_ID = '1511e8da-614f-493d-b1a7-4dffb9a75461';

/** Processes that live in memory, and the signals that they were sent. */
export class FakeProcesses implements ProcessTable {
  readonly signals: string[] = [];
  readonly #living = new Map<number, { readonly identity: ProcessIdentity; readonly owner: number }>();
  /** What a signal does; nothing by default. */
  onSignal: (pid: number, signal: NodeJS.Signals) => void = () => undefined;

  start(pid: number, startTicks = '100', owner = process.getuid!()): ProcessIdentity {
    const identity = { pid, startTicks, bootId: BOOT_ID };
    this.#living.set(pid, { identity, owner });
    return identity;
  }

  end(pid: number): void {
    this.#living.delete(pid);
  }

  identityOf(pid: number): ProcessIdentity | undefined {
    return this.#living.get(pid)?.identity;
  }

  ownerOf(pid: number): number | undefined {
    return this.#living.get(pid)?.owner;
  }

  signal(pid: number, signal: NodeJS.Signals): boolean {
    this.signals.push(`${signal} ${pid}`);
    this.onSignal(pid, signal);
    return this.#living.has(pid);
  }
}

/** Timers that run at once, each moving the time on by its delay. */
export function hastyClock(): { nowMs(): number; setTimeout(run: () => void, delayMs: number): object } {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    setTimeout: (run, delayMs) => {
      nowMs += delayMs;
      return setImmediate(run);
    },
  };
}
