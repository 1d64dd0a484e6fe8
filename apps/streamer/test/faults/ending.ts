import { isAlive, type Replay, replay, requireClean } from '../process/recorder.ts';
import { audit, type Audit } from './audit.ts';
import type { Recording } from './recording.ts';

/** How a recording has ended, and what it has come to. */
export interface Ending {
  /** As the recorder itself counted them. */
  readonly restarts: number;
  readonly audit: Audit;
  /** What the stored depth of each symbol gives. */
  readonly replays: readonly Replay[];
}

/** Stops the recorder; throws when it does not end well, or leaves one of its processes behind. */
export async function endOf({
  recorder,
  data,
  symbols,
}: Pick<Recording, 'recorder' | 'data' | 'symbols'>): Promise<Ending> {
  const { processes } = await recorder.status();
  const { code, stdout, stderr } = await recorder.stop();
  if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
  const left = processes.filter(({ pid }) => isAlive(pid)).map(({ id }) => id);
  if (left.length > 0) throw new Error(`the recorder has left behind: ${left.join()}`);
  await requireClean(data);
  return {
    restarts: Number(/(\d+) restarts/.exec(stdout)?.[1]),
    audit: audit(data, symbols),
    replays: await Promise.all(symbols.map((symbol) => replay(data, symbol))),
  };
}

/** What a restart leaves of a book: each can be rebuilt to its end. */
export const LIVE_AGAIN = { code: 0, state: 'live' };
