import { z } from 'zod';
import type { HostMachine } from './host-machine.ts';
import type { SharedFile } from './shared-file.ts';

const banSchema = z.object({ untilEpochMs: z.number() });

/** The end of the latest ban, in a file of its own that is written to the disk: it outlives a power cut. */
export class BanFile {
  readonly #file: SharedFile;
  readonly #machine: HostMachine;

  constructor(file: SharedFile, machine: HostMachine) {
    this.#file = file;
    this.#machine = machine;
  }

  remainingMs(): number {
    return untilOf(this.#file.read()) - this.#machine.epochMs();
  }

  /** Keeps the later of the stored end and this one. */
  store(remainingMs: number): void {
    const untilEpochMs = Math.ceil(this.#machine.epochMs() + remainingMs);
    this.#file.change((stored) => ({
      text: untilOf(stored) >= untilEpochMs ? undefined : JSON.stringify({ untilEpochMs }),
      result: undefined,
    }));
  }
}

function untilOf(text: string | undefined): number {
  try {
    return banSchema.parse(JSON.parse(text ?? 'null')).untilEpochMs;
  } catch {
    return 0;
  }
}
