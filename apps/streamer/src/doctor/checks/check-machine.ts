import type { ExpectedLoad } from '../expected-load.ts';
import { error, type Finding, ok, warn } from '../finding.ts';
import { gigabytes } from './check-room.ts';

/** Memory that processes may still take, within the limit of a container where there is one. */
export function checkMemory(load: ExpectedLoad, availableBytes: number): Finding {
  const what =
    `${gigabytes(availableBytes)} available; ${load.symbols} symbols in ${load.workers} workers take about ` +
    `${gigabytes(load.memoryBytes)}, and full queues up to ${gigabytes(load.queueBytes)} more`;
  if (availableBytes < load.memoryBytes)
    return error('memory', what, 'give it more memory, record fewer symbols, or set symbols.per_worker so that fewer processes are needed'); // prettier-ignore
  if (availableBytes < load.memoryBytes + load.queueBytes)
    return warn('memory', what, 'give it more memory, or set a smaller performance.queue_size: the rest waits on disk'); // prettier-ignore
  return ok('memory', what);
}

/** Below this not even sockets, journal and logs have enough. */
const OPEN_FILES_LEAST = 256;

/** `limit`: files a process may have open; undefined where nobody tells. `kept`: those that the writer keeps of them. */
export function checkOpenFiles(load: ExpectedLoad, limit: number | undefined, kept: number): Finding {
  if (limit === undefined) return ok('open files', 'this system does not tell its limit');
  const what = `${limit === Infinity ? 'no limit' : `a process may have ${limit}`}; the writer has ${load.openFiles} files of rows`;
  const advice = 'raise it: ulimit -n, or LimitNOFILE of the service';
  if (limit < OPEN_FILES_LEAST) return error('open files', what, advice);
  if (load.openFiles <= kept) return ok('open files', what);
  return warn(
    'open files',
    `${what} and keeps ${kept} of them open; closing and opening costs a sync each`,
    advice,
  );
}

/** Attempts to connect that the exchange allows an address in five minutes (developers.binance.com, USD-M, seen 2026-11). */
const ATTEMPTS_MAX = 300;

export function checkConnections({ connections, workers }: ExpectedLoad): Finding {
  const what = `${connections} connections of ${workers} workers`;
  if (connections <= ATTEMPTS_MAX / 2) return ok('connections', what);
  const advice = 'set symbols.per_worker to auto, or larger: workers share connections';
  return warn('connections', `${what}; the exchange takes ${ATTEMPTS_MAX} attempts in 5 min`, advice);
}
