import { join } from 'node:path';
import { CandidateChild } from './candidate-child.mjs';
import { differences } from './equality.mjs';
import { oracleProblems } from './oracle.mjs';

/** CPU time that a round of a candidate takes at least: enough passes to outweigh the clock and a collection. */
const ROUND_CPU_MS = 250;
const WARM_UP_ROUNDS = 2;
/** A candidate whose single pass takes longer is warm after it, and gets fewer rounds. */
const SLOW_PASS_CPU_MS = 4000;
const ROUNDS_WHEN_SLOW = 3;

/** Two candidates computed different things. */
export class WrongResultError extends Error {}

/**
 * Lets one of ours and a peer do the same work in turns.
 *
 * @param {{ name: string, module: string }} ours
 * @param {{ name: string, module: string, knownDivergence?: string }} peer
 * @param {{ data: string, messagesMax: number, conditions: object, rounds: number, scratch: string }} work
 * @returns {Promise<{ ours: number[], peer: number[], notes: string[] }>} ns of CPU a unit, round by round
 */
export async function measurePair(ours, peer, { rounds, scratch, ...work }) {
  const children = [];
  const start = async ({ name, module }, side) => {
    const child = await CandidateChild.start(name, { ...work, module, scratch: join(scratch, side) });
    children.push(child);
    return child;
  };
  try {
    const a = await start(ours, 'ours');
    const b = await start(peer, 'peer');
    const notes = await checkResults(a, b, peer, work);
    return { ...(await alternate(a, b, rounds)), notes };
  } finally {
    for (const child of children) child.stop();
  }
}

async function checkResults(a, b, { name, knownDivergence }, { data, messagesMax }) {
  if (a.unitsPerPass !== b.unitsPerPass) {
    throw new WrongResultError(`${name}: expected ${a.unitsPerPass} units of work, was ${b.unitsPerPass}`);
  }
  const evidence = await a.evidence();
  const problems = Number.isFinite(messagesMax) ? [] : oracleProblems(data, evidence);
  if (problems.length > 0) throw new WrongResultError(`ours: ${problems.join('; ')}`);
  const found = differences(evidence, await b.evidence());
  if (found.length === 0) return [];
  const sound = Math.min(...found.flatMap(({ soundMessages }) => soundMessages ?? []));
  const list = found.map(({ part, problem }) => `${part} ${problem}`).join('; ');
  if (knownDivergence === undefined) throw new WrongResultError(`${name}: ${list}`);
  return [
    `${name} gives wrong results: ${knownDivergence} Seen here: ${list}. Sound for the first ${sound} messages.`,
  ];
}

async function alternate(a, b, rounds) {
  const roundA = await roundOf(a);
  const roundB = await roundOf(b);
  const isSlow = roundA.isSlow || roundB.isSlow;
  const result = { ours: [], peer: [] };
  for (let round = 0; round < (isSlow ? Math.min(rounds, ROUNDS_WHEN_SLOW) : rounds); round++) {
    const turns = [
      async () => result.ours.push(await nsPerUnit(a, roundA.passes)),
      async () => result.peer.push(await nsPerUnit(b, roundB.passes)),
    ];
    // Whoever goes second finds the machine as the first left it, so they take turns in that too.
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
  }
  return result;
}

/** How many passes a round has; finding out warms the candidate up. */
async function roundOf(child) {
  let passes = 1;
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    const cpuMs = Math.max(0.01, await child.cpuMsPerPass(passes));
    if (cpuMs > SLOW_PASS_CPU_MS) return { passes: 1, isSlow: true };
    passes = Math.max(1, Math.ceil(ROUND_CPU_MS / cpuMs));
  }
  return { passes, isSlow: false };
}

async function nsPerUnit(child, passes) {
  return ((await child.cpuMsPerPass(passes)) * 1e6) / child.unitsPerPass;
}
