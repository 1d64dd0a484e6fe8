import type { Status } from '../process/recorder.ts';
import { audit, type Audit } from './audit.ts';
import { type BookComparison, booksOfRecorder, compareBooks } from './exchange-books.ts';
import { type ExchangeReport, reportWhen } from './exchange-report.ts';
import { eventsOf, isLive, type Recording, type RecordingOptions, whileUnderLoad } from './recording.ts';

/** Faults of REST that begin together; each request meets the first of them that is left. */
export interface Refusal {
  readonly name: string;
  readonly faults: readonly Readonly<Record<string, unknown>>[];
  /** The books must be in sync again within this time. */
  readonly backWithinMs: number;
}

export interface RefusalFigures {
  readonly name: string;
  readonly backAfterMs: number;
  /** Depth requests from the beginning of the fault until the books were back. */
  readonly requests: number;
  readonly statuses: string;
  /** Events that were recorded meanwhile. */
  readonly events: number;
}

export interface RefuseRequestsFigures {
  readonly refusals: readonly RefusalFigures[];
  readonly books: BookComparison;
  readonly audit: Audit;
}

const managerOf = (status: Status) => status.processes.find(({ role }) => role === 'order-book')!;

/**
 * Lets the exchange refuse requests in every way while all books need snapshots, because the order-book manager was
 * killed. The streams are not touched, so nothing of them may be missing.
 */
export async function refuseRequests(
  options: RecordingOptions & { readonly refusals: readonly Refusal[] },
): Promise<RefuseRequestsFigures> {
  let figures: RefuseRequestsFigures | undefined;
  await whileUnderLoad(options, async (recording) => {
    const { recorder, data, symbols } = recording;
    await recorder.statusWhen(isLive);
    const refusals: RefusalFigures[] = [];
    for (const refusal of options.refusals) refusals.push(await refuse(refusal, recording));
    const shown = await booksOfRecorder(recorder, symbols);
    const { code, stderr } = await recorder.stop();
    if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
    figures = { refusals, books: await compareBooks(data, shown), audit: audit(data, symbols) };
  });
  return figures!;
}

async function refuse(
  { name, faults, backWithinMs }: Refusal,
  { exchange, recorder, symbols }: Recording,
): Promise<RefusalFigures> {
  // A snapshot that was stored just now would answer the wish without a request.
  const before = depthRequests(await exchange.report<ExchangeReport>());
  const lastAtMs = before.at(-1)!.atMs;
  await recorder.statusWhen(() => Date.now() - lastAtMs > FRESH_MS);
  for (const fault of faults) await exchange.inject({ ...fault, path: 'depth' });
  const status = await recorder.status();
  const { pid } = managerOf(status);
  const beganAtMs = performance.now();
  process.kill(pid, 'SIGKILL');
  await reportWhen(exchange, (report) => depthRequests(report).length > before.length);
  const after = await recorder.statusWhen(
    (now) => managerOf(now).pid !== pid && now.books.length === symbols.length && isLive(now),
    backWithinMs,
  );
  const requests = depthRequests(await exchange.report<ExchangeReport>()).slice(before.length);
  const statuses = new Map<string, number>();
  for (const { status: code } of requests) statuses.set(String(code), (statuses.get(String(code)) ?? 0) + 1);
  return {
    name,
    backAfterMs: Math.round(performance.now() - beganAtMs),
    requests: requests.length,
    statuses: Array.from(statuses, ([code, count]) => `${code}×${count}`).join(' '),
    events: eventsOf(after) - eventsOf(status),
  };
}

/** A snapshot that is younger answers a wish for one. */
const FRESH_MS = 3100;

const depthRequests = ({ restUsage }: ExchangeReport) =>
  restUsage.requests.filter(({ path }) => path.endsWith('/depth'));
