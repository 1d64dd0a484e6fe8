import type { BookTop, Observation, RecorderStatus } from './recorder-status.ts';

export const POLL_INTERVAL_MS = 2000;
const ANSWER_TIMEOUT_MS = 5000;

export interface PollingHandlers {
  readonly observed: (observation: Observation) => void;
  /** `sinceMs`: when it answered last, on the clock of this machine; undefined when it never did. */
  readonly silent: (sinceMs: number | undefined) => void;
}

/** Asks the recorder every two seconds while the page can be seen. */
export function startPolling({ observed, silent }: PollingHandlers): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;
  let answeredAtMs: number | undefined;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      const observation = await observe();
      answeredAtMs = Date.now();
      observed(observation);
    } catch (error) {
      silent(answeredAtMs);
      if (!(error instanceof NoAnswer)) throw error;
    } finally {
      isAsking = false;
      schedule();
    }
  };
  const schedule = (): void => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(() => void ask(), POLL_INTERVAL_MS);
  };
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) void ask();
  });
  void ask();
}

/** The recorder is not there, or does not answer in time, or says that it cannot. */
class NoAnswer extends Error {}

async function observe(): Promise<Observation> {
  const [status, books] = await Promise.all([
    get<RecorderStatus>('/status'),
    // Without its books a recorder still says how it is.
    get<{ readonly books: readonly BookTop[] }>('/books').catch(() => ({ books: [] })),
  ]);
  return { status, tops: new Map(books.books.map((top) => [top.symbol, top])) };
}

async function get<Answer>(path: string): Promise<Answer> {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), cache: 'no-store' });
    if (response.ok) return (await response.json()) as Answer;
  } catch (cause) {
    throw new NoAnswer(path, { cause });
  }
  throw new NoAnswer(path);
}
