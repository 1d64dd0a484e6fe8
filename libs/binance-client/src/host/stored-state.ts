import { z } from 'zod';
import { shiftMs, writtenNow } from './host-machine.ts';
import type { HostMachine } from './host-machine.ts';

const FORMAT = 1;

const envelope = z.object({
  format: z.literal(FORMAT),
  bootId: z.string(),
  writtenAtMs: z.number(),
  writtenAtEpochMs: z.number(),
  state: z.unknown(),
});

/** What a file holds, and what to add to its times in this run of the machine. */
export interface Stored {
  readonly state: unknown;
  readonly shiftMs: number;
}

export function storedText(state: unknown, machine: HostMachine): string {
  return JSON.stringify({ format: FORMAT, ...writtenNow(machine), state });
}

/** undefined for a text that is none of ours, or damaged. */
export function parseStored(text: string, machine: HostMachine): Stored | undefined {
  const parsed = envelope.safeParse(json(text)).data;
  return parsed && { state: parsed.state, shiftMs: shiftMs(parsed, machine) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
