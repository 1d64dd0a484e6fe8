/*
 * One candidate in a process of its own, so that no candidate runs on the heap or on the machine code of another.
 * Does what it is asked over the IPC channel, and ends when that is closed.
 */
import { loadWorkload } from '../workload/workload.mjs';
import { measureRound } from './cpu-rounds.mjs';

let candidate;

const answers = {
  async create({ module, data, messagesMax, conditions, scratch }) {
    const { createCandidate } = await import(module);
    candidate = await createCandidate(await loadWorkload(data, messagesMax ?? Infinity), scratch, conditions);
    return { unitsPerPass: candidate.unitsPerPass };
  },
  async evidence({ folder }) {
    return { parts: await candidate.evidence(folder) };
  },
  async round({ passes }) {
    return { cpuMs: await measureRound(candidate, passes) };
  },
};

// Messages are answered one at a time: whoever asks waits for the answer.
process.on('message', async ({ ask, ...question }) => {
  try {
    process.send({ answer: await answers[ask](question) });
  } catch (error) {
    process.send({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on('disconnect', () => process.exit());
