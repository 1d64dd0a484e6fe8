import { Bench } from 'tinybench';

const US_PER_MS = 1000;

/** CPU time of this process, all of its threads: garbage collection and the thread pool are part of the price. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_MS;
}

/**
 * Runs passes and returns the CPU milliseconds of one, garbage of the round included. `before` and `after`, which make
 * and remove folders, are not counted.
 *
 * @param {import('./candidate.mjs').Candidate} candidate
 * @param {number} passes
 * @returns {Promise<number>}
 */
export async function measureRound({ pass, before, after, isAsync }, passes) {
  const bench = new Bench({ iterations: passes, time: 0, warmup: false, throws: true, now: cpuMs });
  const hooks = {
    ...(before === undefined ? {} : { beforeEach: before }),
    ...(after === undefined ? {} : { afterEach: after }),
  };
  bench.add('pass', pass, { async: isAsync, ...hooks });
  const [task] = await bench.run();
  if (task.result.state !== 'completed')
    throw new Error(`expected a completed round, was ${task.result.state}`);
  return task.result.latency.mean;
}
